
2
xPlaceholder*
dtype0*
shape
:
E
shapeConst*
dtype0	*(
valueB	R€€€€€€€€€ÿÿÿÿÿÿÿÿ
-
yReshapexshape*
Tshape0	*
T0"è