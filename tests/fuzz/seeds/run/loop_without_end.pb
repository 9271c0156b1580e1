
.
xPlaceholder*
dtype0*
shape:
0
enterEnterx*
T0*

frame_nameloop
-
mergeMergeenternext*
N*
T0
%
nextNextIterationmerge*
T0

exitExitmerge*
T0"è