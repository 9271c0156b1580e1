
.
xPlaceholder*
dtype0*
shape:
	
yfx’
G

f
x
y
callgx
call2gcall:y:0"
y	call2:y:0
G

g
x
y
callfx
call2fcall:y:0"
y	call2:y:0"è