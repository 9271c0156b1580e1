"""Random numbers of generators whose state is a variable."""
from cases_dsl import *

raw = tf.raw_ops
STATE = [-3, 2**62 + 5, -77]


def generator(g, state=STATE):
    v = raw.VarHandleOp(dtype='int64', shape=None, shared_name='v')
    with tf.control_dependencies(None):
        value = g.feed(i64(state))
    return v, raw.AssignVariableOp(resource=v, value=value)


def constant(g, value):
    with tf.control_dependencies(None):
        return g.const(value)


def drawn(make, state=STATE):
    """What `make` gives, again, and the state afterwards."""
    def build(g):
        v, given = generator(g, state)
        with tf.control_dependencies([given]):
            first = make(g, v)
        with tf.control_dependencies([first.op]):
            second = make(g, v)
        with tf.control_dependencies([second.op]):
            return [first, second, raw.ReadVariableOp(resource=v, dtype='int64')]
    return build


def cases():
    one = i64(1)
    for op in ('StatefulUniform', 'StatefulStandardNormalV2', 'StatefulTruncatedNormal'):
        for t in FLOATS:
            for index in INDEX:
                make = lambda g, v, op=op, t=t, index=index: getattr(raw, op)(resource=v, algorithm=constant(g, one), shape=constant(g, lit(index, [3, 5])), dtype=t)
                yield GraphCase(f'{op} {t} {index}', drawn(make))
    for t in FLOATS:
        for index in INDEX:
            make = lambda g, v, t=t, index=index: raw.StatefulStandardNormal(resource=v, shape=constant(g, lit(index, [7])), dtype=t)
            yield GraphCase(f'StatefulStandardNormal {t} {index}', drawn(make, [1, 2**62 + 5, -77, 12]), producer=28)
    for t in ('int32', 'int64'):
        for index in INDEX:
            make = lambda g, v, t=t, index=index: raw.StatefulUniformInt(resource=v, algorithm=constant(g, one), shape=constant(g, lit(index, [9])), minval=constant(g, lit(t, -5)),
                                                                         maxval=constant(g, lit(t, 1000)))
            yield GraphCase(f'StatefulUniformInt {t} {index}', drawn(make))
    for t in ('int32', 'int64', 'uint32', 'uint64'):
        for index in INDEX:
            make = lambda g, v, t=t, index=index: raw.StatefulUniformFullInt(resource=v, algorithm=constant(g, one), shape=constant(g, lit(index, [9])), dtype=t)
            yield GraphCase(f'StatefulUniformFullInt {t} {index}', drawn(make))
            yield Case('NonDeterministicInts', [lit(index, [3, 2])], dict(dtype=t), shape_only=True)

    for t in kernel_dtypes('StatefulRandomBinomial'):
        for u in ('float16', 'float32', 'float64', 'int32', 'int64'):
            for index in ('int32',):
                make = lambda g, v, t=t, u=u, index=index: raw.StatefulRandomBinomial(
                    resource=v, algorithm=constant(g, one), shape=constant(g, lit(index, [4, 3])), counts=constant(g, lit(t, [3, 40, 200])), probs=constant(g, lit(t, [.5, .25, .75])), dtype=u)
                # TensorFlow itself gives other numbers in every run.
                yield GraphCase(f'StatefulRandomBinomial {t} {u} {index}', drawn(make), shape_only=True)

    # TensorFlow makes a shape of int64 only where it has no dims; else it ends the process.
    yield GraphCase('StatefulRandomBinomial of a shape of int64', drawn(lambda g, v: raw.StatefulRandomBinomial(
        resource=v, algorithm=constant(g, one), shape=constant(g, i64([])), counts=constant(g, f32(9, ())), probs=constant(g, f32(.5, ())), dtype='int64')), shape_only=True)

    def uniform(g, v, algorithm=1, shape=(3,)):
        return raw.StatefulUniform(resource=v, algorithm=constant(g, i64(algorithm)), shape=constant(g, i64(list(shape))))
    yield GraphCase('an algorithm of the choice of TensorFlow', drawn(lambda g, v: uniform(g, v, 3)))
    yield GraphCase('a longer state', drawn(uniform, [1, 2, 3, 4]))
    yield GraphCase('no numbers', drawn(lambda g, v: uniform(g, v, 1, (0,))))
    yield GraphCase('another algorithm', drawn(lambda g, v: uniform(g, v, 2)), error=True)
    yield GraphCase('a state of two', drawn(uniform, [1, 2]), error=True)

    for delta in (5, -5, 2**54):
        def skipped(g, delta=delta):
            v, given = generator(g)
            with tf.control_dependencies([given]):
                skip = raw.RngSkip(resource=v, algorithm=constant(g, one), delta=constant(g, i64(delta)))
            with tf.control_dependencies([skip]):
                return [raw.ReadVariableOp(resource=v, dtype='int64')]
        yield GraphCase(f'RngSkip {delta}', skipped)
    for delta in (5, 2**54, 2**64 - 5):
        make = lambda g, v, delta=delta: raw.RngReadAndSkip(resource=v, alg=constant(g, i32(1)), delta=constant(g, lit('uint64', delta)))
        yield GraphCase(f'RngReadAndSkip {delta}', drawn(make))
