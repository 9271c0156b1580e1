"""Attention as networks write it, which a pass makes one step of: heads, scales, masks, in products and in Einsum."""
import numpy as np
import tensorflow as tf

from cases_dsl import *


def causal(n):
    return f32(np.triu(np.full((n, n), -1e9), 1))


def plain(rows, keys, depth, values, batch=(2,), scale=True, mask=None, divide=False):
    """softmax(q kT / sqrt(depth) + mask) v"""
    def build(g):
        q = g.feed(rand('float32', (*batch, rows, depth), seed=1))
        k = g.feed(rand('float32', (*batch, keys, depth), seed=2))
        v = g.feed(rand('float32', (*batch, keys, values), seed=3))
        scores = tf.raw_ops.BatchMatMulV2(x=q, y=k, adj_y=True)
        if scale:
            factor = g.const(f32(np.sqrt(depth) if divide else 1 / np.sqrt(depth)))
            scores = tf.raw_ops.RealDiv(x=scores, y=factor) if divide else tf.raw_ops.Mul(x=scores, y=factor)
        if mask is not None:
            scores = tf.raw_ops.AddV2(x=scores, y=g.const(mask))
        return [tf.raw_ops.BatchMatMulV2(x=tf.raw_ops.Softmax(logits=scores), y=v)]
    return build


def heads(n, h, depth, batch=2, mask=None):
    """[batch, n, h * depth], taken apart into heads by Reshape and Transpose, and put together again."""
    def build(g):
        def apart(seed):
            x = g.feed(rand('float32', (batch, n, h * depth), seed=seed))
            x = tf.raw_ops.Reshape(tensor=x, shape=g.const(i32([batch, n, h, depth])))
            return tf.raw_ops.Transpose(x=x, perm=g.const(i32([0, 2, 1, 3])))
        q, k, v = apart(1), apart(2), apart(3)
        q = tf.raw_ops.Mul(x=q, y=g.const(f32(1 / np.sqrt(depth))))
        scores = tf.raw_ops.BatchMatMulV2(x=q, y=k, adj_y=True)
        if mask is not None:
            scores = tf.raw_ops.AddV2(x=scores, y=g.const(mask))
        out = tf.raw_ops.BatchMatMulV2(x=tf.raw_ops.Softmax(logits=scores), y=v)
        out = tf.raw_ops.Transpose(x=out, perm=g.const(i32([0, 2, 1, 3])))
        return [tf.raw_ops.Reshape(tensor=out, shape=g.const(i32([batch, n, h * depth])))]
    return build


def by_einsum(rows, keys, h, depth, batch=2, chosen=False):
    """As Keras' MultiHeadAttention has it."""
    def build(g):
        q = g.feed(rand('float32', (batch, rows, h, depth), seed=1))
        k = g.feed(rand('float32', (batch, keys, h, depth), seed=2))
        v = g.feed(rand('float32', (batch, keys, h, depth), seed=3))
        q = tf.raw_ops.Mul(x=q, y=g.const(f32(1 / np.sqrt(depth))))
        scores = tf.raw_ops.Einsum(inputs=[k, q], equation='aecd,abcd->acbe')
        if chosen:
            seen = g.const(boolean(np.tri(rows, keys, keys - rows) > 0))
            scores = tf.raw_ops.SelectV2(condition=seen, t=scores, e=g.const(f32(-3.4e38)))
        return [tf.raw_ops.Einsum(inputs=[tf.raw_ops.Softmax(logits=scores), v], equation='acbe,aecd->abcd')]
    return build


def cases():
    yield GraphCase('attention', plain(5, 7, 4, 6))
    yield GraphCase('attention of one query', plain(1, 9, 8, 8))
    yield GraphCase('attention to one key', plain(4, 1, 3, 5))
    yield GraphCase('attention without scale', plain(6, 6, 5, 5, scale=False))
    yield GraphCase('attention, divided', plain(3, 17, 16, 4, divide=True))
    yield GraphCase('attention of odd sizes', plain(19, 33, 7, 9, batch=(1,)))
    yield GraphCase('attention in two batch axes', plain(4, 5, 3, 4, batch=(2, 3)))
    yield GraphCase('attention that looks back', plain(9, 9, 4, 4, mask=causal(9)))
    yield GraphCase('attention with a bias of each row', plain(5, 6, 4, 4, mask=rand('float32', (2, 5, 6), seed=4)))
    yield GraphCase('attention with a bias of each key', plain(5, 6, 4, 4, mask=rand('float32', (2, 1, 6), seed=4)))
    yield GraphCase('attention that sees nothing', plain(3, 4, 4, 4, mask=lit('float32', np.full((3, 4), -np.inf))))
    yield GraphCase('attention with heads', heads(6, 2, 8))
    yield GraphCase('attention with heads of odd depth', heads(5, 3, 5, batch=1))
    yield GraphCase('attention with heads that looks back', heads(7, 2, 4, mask=causal(7)))
    yield GraphCase('attention by Einsum', by_einsum(5, 5, 2, 4))
    yield GraphCase('attention by Einsum, across', by_einsum(3, 8, 2, 6))
    yield GraphCase('attention by Einsum that chooses', by_einsum(6, 6, 2, 4, chosen=True))
