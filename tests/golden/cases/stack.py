"""Stacks of both versions, pushed and popped in an order that control inputs keep."""
from cases_dsl import *

ops = tf.raw_ops
PRODUCER = {1: 20, 2: None}


class Stack:
    """Every operation waits for the one before."""

    def __init__(self, version, t, most=-1):
        self.version, self.t = version, tf.as_dtype(t)
        self.handle = (ops.Stack(elem_type=self.t, stack_name='') if version == 1 else
                       ops.StackV2(max_size=most, elem_type=self.t, stack_name=''))
        self.last = []

    def do(self, name, **more):
        with tf.control_dependencies(self.last):
            result = getattr(ops, 'Stack' + name + ('V2' if self.version == 2 else ''))(handle=self.handle, **more)
        self.last = [result]
        return result

    def push(self, x):
        return self.do('Push', elem=x)

    def pop(self, t=None):
        return self.do('Pop', elem_type=t or self.t)

    def close(self):
        return self.do('Close')


def cases():
    for v in (1, 2):
        for t in ALL_PLAIN:
            def filled(g, v=v, t=t):
                s = Stack(v, t)
                a = s.push(g.feed(rand(t, (2, 3), seed=1)))
                b = s.push(g.const(rand(t, (2, 3), seed=2)))
                c = s.pop()
                d = s.push(g.feed(rand(t, (4,), seed=3)))
                return [a, b, c, d, s.pop(), s.pop()]
            yield GraphCase(f'Stack {t} v{v}', filled, producer=PRODUCER[v], exact=True)

        def closed(g, v=v):
            s = Stack(v, 'float32')
            x = s.push(g.feed(f32([1, 2])))
            close = s.close()
            with tf.control_dependencies([close]):
                return [tf.identity(x)]
        yield GraphCase(f'Stack closed v{v}', closed, producer=PRODUCER[v])

        def empty(g, v=v):
            s = Stack(v, 'float32')
            s.push(g.feed(f32([1, 2])))
            s.pop()
            return [s.pop()]
        yield GraphCase(f'Stack refuses to pop from nothing v{v}', empty, error=True, producer=PRODUCER[v])

        def after(g, v=v):
            s = Stack(v, 'float32')
            s.push(g.feed(f32([1, 2])))
            s.close()
            return [s.pop()]
        yield GraphCase(f'Stack refuses to pop when closed v{v}', after, error=True, producer=PRODUCER[v])

        def another(g, v=v):
            return [Stack(v, 'float32').push(g.feed(i32([1, 2])))]
        yield GraphCase(f'Stack refuses another dtype v{v}', another, error=True, producer=PRODUCER[v])

    def full(g):
        s = Stack(2, 'float32', g.feed(i32(1)))
        s.push(g.feed(f32([1, 2])))
        return [s.push(g.feed(f32([3])))]
    yield GraphCase('Stack refuses more than max_size', full, error=True)

    def kept(g):
        s = Stack(2, 'float32', g.feed(i32(2)))
        first = s.push(g.feed(f32([1, 2])))
        second = s.push(g.feed(f32([3, 4])))
        third = s.pop()
        s.push(g.feed(f32([5, 6])))
        return [first, second, third, s.pop()]
    yield GraphCase('Stack keeps what was popped', kept)

    def loop(g):
        def reversed_sums(g):
            s = Stack(2, 'float32')
            x = g.feed(rand('float32', (2,), seed=1))

            def up(i, y):
                y = y * 0.5 + x
                pushed = ops.StackPushV2(handle=s.handle, elem=y)
                return i + 1, pushed

            def down(i, y):
                popped = ops.StackPopV2(handle=s.handle, elem_type=tf.float32)
                popped.set_shape([2])
                return i + 1, y * 0.25 + popped
            _, top = tf.compat.v1.while_loop(lambda i, y: i < 5, up, [0, x], parallel_iterations=1)
            with tf.control_dependencies([top]):
                zero = tf.identity(0)
            _, y = tf.compat.v1.while_loop(lambda i, y: i < 5, down, [zero, tf.zeros([2])], parallel_iterations=1)
            return [top, y]
        was = tf.compat.v1.control_flow_v2_enabled()
        tf.compat.v1.disable_control_flow_v2()
        try:
            return reversed_sums(g)
        finally:
            if was:
                tf.compat.v1.enable_control_flow_v2()
    yield GraphCase('Stack in loops of tokens', loop)
