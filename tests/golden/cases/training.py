"""Optimizers' updates, over reference and resource variables, dense and by rows."""
from cases_dsl import *

raw = tf.raw_ops

# Slots with the lowest value they are given, scalars in the order of the inputs, the operator's own attribute.
MOMENTUM = (dict(accum=-2), dict(lr=0.1, momentum=0.75), 'use_nesterov')
OPTIMIZERS = {
    'GradientDescent': ({}, dict(alpha=0.1), None),
    'ProximalGradientDescent': ({}, dict(alpha=0.125, l1=0.25, l2=0.5), None),
    'Momentum': MOMENTUM,
    'KerasMomentum': MOMENTUM,
    'Adagrad': (dict(accum=0.5), dict(lr=0.1), 'update_slots'),
    'AdagradV2': (dict(accum=0.5), dict(lr=0.1, epsilon=0.01), 'update_slots'),
    'AdagradDA': (dict(gradient_accumulator=-2, gradient_squared_accumulator=0.5), dict(lr=0.1, l1=0.125, l2=0.25, global_step=3), None),
    'ProximalAdagrad': (dict(accum=0.5), dict(lr=0.25, l1=0.25, l2=0.5), None),
    'Adadelta': (dict(accum=0.5, accum_update=0.5), dict(lr=0.5, rho=0.9, epsilon=0.01), None),
    'Adam': (dict(m=-2, v=0.5), dict(beta1_power=0.75, beta2_power=0.875, lr=0.1, beta1=0.9, beta2=0.75, epsilon=0.01), 'use_nesterov'),
    'AdamWithAmsgrad': (dict(m=-2, v=0.5, vhat=0.5), dict(beta1_power=0.75, beta2_power=0.875, lr=0.1, beta1=0.9, beta2=0.75, epsilon=0.01), None),
    'AdaMax': (dict(m=-2, v=0.5), dict(beta1_power=0.75, lr=0.1, beta1=0.9, beta2=0.75, epsilon=0.01), None),
    'AddSign': (dict(m=-2), dict(lr=0.1, alpha=1.5, sign_decay=0.75, beta=0.9), None),
    'PowerSign': (dict(m=-2), dict(lr=0.1, logbase=1, sign_decay=0.75, beta=0.9), None),
    'RMSProp': (dict(ms=0.5, mom=-2), dict(lr=0.1, rho=0.75, momentum=0.5, epsilon=0.01), None),
    'CenteredRMSProp': (dict(mg=-0.25, ms=3, mom=-2), dict(lr=0.1, rho=0.75, momentum=0.5, epsilon=0.01), None),
    'Ftrl': (dict(accum=0.5, linear=-2), dict(lr=0.5, l1=0.25, l2=0.125, lr_power=-0.5), 'multiply_linear_by_lr'),
    'FtrlV2': (dict(accum=0.5, linear=-2), dict(lr=0.5, l1=0.25, l2=0.125, l2_shrinkage=0.25, lr_power=-0.5), 'multiply_linear_by_lr'),
}
FORMS = ('Apply', 'ResourceApply', 'SparseApply', 'ResourceSparseApply')


def feed(g, value, *shape):
    """A placeholder that waits for nothing: a fed node would not pass a control edge on."""
    with tf.control_dependencies(None):
        return g.feed(value, *shape)


def update(op, t='float32', shape=(3, 2), indices=None, grad=None, slots=None, declared=True, hidden=False, **given):
    """One update; the values of all variables after it, for references also what the update gives. What is `hidden` has
    shapes that are not known before the run."""
    form = next(f for f in ('ResourceSparseApply', 'ResourceApply', 'SparseApply', 'Apply') if op.startswith(f))
    name = op[len(form):]
    places, scalars, _ = OPTIMIZERS[name]
    is_resource = form.startswith('Resource')
    if 'Sparse' in form and indices is None:
        indices = i32([2, 0])
    if grad is None:
        grad = rand(t, shape if indices is None else (indices.array.shape[0],) + tuple(shape[1:]), seed=9)

    hide = (None,) if hidden else ()

    def build(g):
        variables = {}
        for k, (place, low) in enumerate(dict(var=-2, **places).items()):
            value = (slots or {}).get(place, rand(t, shape, low, low + 2 if low == -0.25 or low > 0 else 2, seed=k + 3))
            dims = list(value.array.shape if isinstance(value, Literal) else value.shape)
            if is_resource:
                v = raw.VarHandleOp(dtype=t, shape=dims if declared and not hidden else None, shared_name=place)
                variables[place] = v, raw.AssignVariableOp(resource=v, value=feed(g, value))
            else:
                v = raw.Assign(ref=raw.VariableV2(shape=dims, dtype=t, shared_name=place), value=feed(g, value))
                variables[place] = v, v
        inputs = {place: v[0] for place, v in variables.items()}
        for scalar, value in scalars.items():
            if scalar not in given:
                inputs[scalar] = feed(g, lit('int64' if scalar == 'global_step' else t, value))
        for key, value in given.items():
            inputs[key] = feed(g, value, *hide) if isinstance(value, (Literal, Recipe)) else value
        inputs['delta' if name.endswith('Descent') and 'Sparse' not in form else 'grad'] = feed(g, grad, *hide)
        if indices is not None:
            inputs['indices'] = feed(g, indices, *hide)
        with tf.control_dependencies([v[1] for v in variables.values()]):
            out = getattr(raw, op)(**inputs)
        with tf.control_dependencies([out]):
            if is_resource:
                return [raw.ReadVariableOp(resource=v[0], dtype=t) for v in variables.values()]
            return [raw.Identity(input=out)] + [raw.Identity(input=v[0]) for v in variables.values()]
    return build


def operators():
    for name in OPTIMIZERS:
        for form in FORMS:
            if op_def_registry.get(form + name) is not None:
                yield form + name, name, form


def each():
    for op, name, form in operators():
        flag = OPTIMIZERS[name][2]
        for t in kernel_dtypes(op):
            for given in ({flag: False}, {flag: True}) if flag else ({},):
                words = ' '.join([op, t] + [f'{k}={v}' for k, v in given.items()])
                if 'Sparse' not in form:
                    yield GraphCase(words, update(op, t, **given))
                    continue
                for index in ('int32', 'int64'):
                    yield GraphCase(f'{words} {index}', update(op, t, indices=lit(index, [2, 0]), **given))
        if form == 'Apply':
            yield GraphCase(f'{op} locked', update(op, use_locking=True))
            yield GraphCase(f'{op} of a scalar', update(op, shape=()))
            yield GraphCase(f'{op} of nothing', update(op, shape=(0, 2)))
        if 'Sparse' in form:
            yield GraphCase(f'{op} of rows of one', update(op, shape=(3,)))
            yield GraphCase(f'{op} of rows of one of rank 2', update(op, shape=(3, 1)))
            yield GraphCase(f'{op} of no rows', update(op, indices=i32([])))
            yield GraphCase(f'{op} of a row twice', update(op, indices=i32([1, 1, 0])))
            yield GraphCase(f'{op} past the end', update(op, indices=i32([1, 3])), error=True)
            yield GraphCase(f'{op} before the start', update(op, indices=i32([-1])), error=True)
            yield GraphCase(f'{op} with fewer rows than indices', update(op, grad=f32([[1, 2]]), hidden=True), error=True)
            yield GraphCase(f'{op} with longer rows', update(op, grad=f32([[1, 2, 3], [4, 5, 6]]), hidden=True), error=True)
        else:
            yield GraphCase(f'{op} of another shape', update(op, grad=f32([1, 2, 3]), hidden=True), error=True)
        scalar = next(iter(OPTIMIZERS[name][1]))
        yield GraphCase(f'{op} with a vector {scalar}', update(op, hidden=True, **{scalar: f32([1])}), error=True)
        if form.startswith('Resource'):
            yield GraphCase(f'{op} of an undeclared shape', update(op, declared=False))
            refused = 'Sparse' in form and name not in ('Momentum', 'KerasMomentum', 'Adadelta', 'RMSProp', 'CenteredRMSProp')
            yield GraphCase(f'{op} of rows without elements', update(op, shape=(3, 0)), error=refused)
            for place in OPTIMIZERS[name][0]:
                if f'{name} {place}' in ('AdamWithAmsgrad vhat', 'Adadelta accum_update'):
                    continue  # TensorFlow reads past its end
                yield GraphCase(f'{op} with {place} of another shape', update(op, slots={place: f32([1, 2])}, hidden=True), error=True)
        if form == 'ResourceSparseApply':
            yield GraphCase(f'{op} of a scalar variable', update(op, shape=(), indices=i32([0]), grad=f32([1]), hidden=True), error=True)


def signs():
    """Numbers that some forms want to be positive."""
    for op in ('ApplyProximalAdagrad', 'SparseApplyProximalAdagrad', 'ApplyProximalGradientDescent', 'SparseApplyProximalGradientDescent'):
        for scalar in OPTIMIZERS[op.replace('Sparse', '')[5:]][1]:
            for value in (0, -0.25):
                refused = 'Adagrad' in op and (value < 0 or scalar == 'lr')
                yield GraphCase(f'{op} with {scalar} {value}', update(op, **{scalar: f32(value)}), error=refused)
    for op in ('ApplyFtrl', 'SparseApplyFtrl', 'ApplyFtrlV2', 'SparseApplyFtrlV2'):
        for scalar in OPTIMIZERS[op.replace('Sparse', '')[5:]][1]:
            for value in (0, -0.25) if scalar != 'lr_power' else (0, -0.75, 0.5):
                refused = 'Sparse' in op and (value > 0 if scalar == 'lr_power' else value < 0 or (scalar == 'lr' and value == 0))
                yield GraphCase(f'{op} with {scalar} {value}', update(op, **{scalar: f32(value)}), error=refused)
    for op in ('ApplyAdagradDA', 'SparseApplyAdagradDA'):
        for scalar, value in (('l1', 0), ('l1', -0.25), ('l2', 0), ('lr', 0), ('lr', -0.25)):
            yield GraphCase(f'{op} with {scalar} {value}', update(op, **{scalar: f32(value)}))
        for step in (0, -2, 2 ** 24 + 1):
            yield GraphCase(f'{op} at step {step}', update(op, global_step=i64(step)))
            if 'Sparse' in op:
                yield GraphCase(f'{op} of rows of one at step {step}', update(op, shape=(3,), global_step=i64(step)))


def powers():
    for t in kernel_dtypes('SparseApplyFtrl'):
        for name in ('Ftrl', 'FtrlV2'):
            for form in ('Apply', 'SparseApply'):
                for flag in (False, True):
                    yield GraphCase(f'{form}{name} {t} lr_power=-0.75 multiply={flag}', update(form + name, t, lr_power=lit(t, -0.75), multiply_linear_by_lr=flag))


def special():
    odd = f32([[np.nan, np.inf], [-np.inf, 0], [1, -1]])
    for op, name, form in operators():
        if form == 'Apply' or (form == 'ResourceApply' and name in ('AdamWithAmsgrad', 'KerasMomentum')):
            yield GraphCase(f'{op} with NaN', update(op, grad=odd))
    yield GraphCase('a big update', update('ResourceApplyMomentum', shape=(20, 9)))
    yield GraphCase('a big update by rows', update('ResourceSparseApplyMomentum', shape=(3, 70)))


def cases():
    yield from each()
    yield from signs()
    yield from powers()
    yield from special()
