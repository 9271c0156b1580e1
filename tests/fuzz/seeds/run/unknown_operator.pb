
.
xPlaceholder*
dtype0*
shape:

yNoSuchOperatorx*
T0"è