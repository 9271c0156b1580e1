
.
xPlaceholder*
dtype0*
shape:
 
yRelux:2147483647*
T0

zRelux:-1*
T0"è