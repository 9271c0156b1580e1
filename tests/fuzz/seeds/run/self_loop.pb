

xIdentityx*
T0"è