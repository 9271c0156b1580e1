
.
xPlaceholder*
dpype0*
shape:
 
yRelux:2147483647*
T0

z
2
ux:-1*
T0"è