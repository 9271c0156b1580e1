

aIdentityc*
T0

bIdentitya*
T0

cIdentityb*
T0"è