

yRelunobody*
T0"è