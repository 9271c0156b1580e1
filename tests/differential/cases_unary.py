"""Functions of one element: y = f(x)."""
from draw import *
from cases_dsl import INTS, kernel_dtypes

OPS = ['Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'Conj', 'Cos', 'Cosh', 'Digamma', 'Erf', 'Erfc', 'Erfinv',
       'Exp', 'Expm1', 'Floor', 'Inv', 'Invert', 'IsFinite', 'IsInf', 'IsNan', 'Lgamma', 'Log', 'Log1p', 'Ndtri', 'Neg', 'PopulationCount',
       'Reciprocal', 'Rint', 'Round', 'Rsqrt', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Sqrt', 'Square', 'Tan', 'Tanh', 'LogicalNot',
       'Angle', 'ComplexAbs', 'Real', 'Imag', 'Relu', 'Relu6', 'Elu', 'Selu', 'Softplus', 'Softsign', 'OnesLike', 'ZerosLike',
       'BesselI0', 'BesselI1', 'BesselI0e', 'BesselI1e', 'BesselJ0', 'BesselJ1', 'BesselK0', 'BesselK1', 'BesselK0e', 'BesselK1e',
       'BesselY0', 'BesselY1', 'Dawsn', 'Expint', 'FresnelCos', 'FresnelSin', 'Spence']
RANGES = [(-2, 2), (-1, 1), (-10, 10), (0, 4), (-100, 100), (0, 1e-3), (-1e5, 1e5)]
# Poles and kinks near which the last bit of the argument decides; the values between are compared.
SMOOTH = {'Digamma': (0.1, 20), 'Lgamma': (0.1, 50), 'Tan': (-1.4, 1.4)}


def case(draw):
    op = draw.one_of(*OPS)
    if op == 'LogicalNot':
        return Case(op, [draw.tensor('bool', draw.shape(0, 8))])
    t = draw.one_of(*kernel_dtypes(op))
    shape = draw.shape(0, 8, 4) if draw.chance(0.7) else (draw.randint(8, 300),)
    if t in INTS:
        info = np.iinfo(numpy_dtype(t))
        low, high = (None, None) if draw.chance(0.5) else (max(info.min, -2**62), min(info.max, 2**62))
        x = draw.tensor(t, shape, low, high, edges=0.5)
    else:
        low, high = SMOOTH[op] if op in SMOOTH else draw.one_of(*RANGES)
        x = draw.tensor(t, shape, low, high, edges=0 if op in SMOOTH or t in COMPLEX else 0.4)
    attrs = {}
    if op in ('Angle', 'ComplexAbs', 'Real', 'Imag'):
        attrs = dict(Tout={'complex64': 'float32', 'complex128': 'float64'}[t])
    return Case(op, [x], attrs)
