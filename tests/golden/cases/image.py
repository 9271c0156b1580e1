"""Resizing, cropping, colours, non-maximum suppression."""
from cases_dsl import *

FLAGS = [dict(), dict(align_corners=True), dict(half_pixel_centers=True)]


def values(t, shape):
    return rand(t, shape) if t in FLOATS else full_range(t, shape) if t in ('int8', 'uint8') else rand(t, shape, 0, 100)


def cases():
    for op in ('ResizeBilinear', 'ResizeNearestNeighbor', 'ResizeBicubic', 'ResizeArea'):
        flags = FLAGS[:2] if op == 'ResizeArea' else FLAGS
        for t in kernel_dtypes(op):
            yield Case(op, [values(t, (1, 3, 4, 2)), const(i32([5, 3]))])
        for attrs in flags:
            for size in ([1, 1], [3, 4], [7, 9], [2, 1], [6, 8], [1, 5]):
                yield Case(op, [rand('float32', (2, 3, 4, 2)), i32(size)], attrs)
            yield Case(op, [rand('float32', (1, 1, 1, 3)), i32([4, 3])], attrs)
            yield Case(op, [rand('float32', (1, 11, 13, 1)), i32([3, 4])], attrs)
        yield Case(op, [rand('float32', (0, 3, 4, 2)), i32([2, 2])])
        yield Case(op, [rand('float32', (1, 3, 4, 2)), i32([0, 2])], error=True)
        yield Case(op, [rand('float32', (1, 0, 4, 2)), i32([2, 2])], error=True)
        yield Case(op, [rand('float32', (3, 4, 2)), i32([2, 2])], error=True)
        yield Case(op, [rand('float32', (1, 3, 4, 2)), i32([2, 2, 2])], error=True)
        if op != 'ResizeArea':
            yield Case(op, [rand('float32', (1, 3, 4, 2)), i32([2, 2])], dict(align_corners=True, half_pixel_centers=True),
                       error=True)

    boxes = f32([[0, 0, 1, 1], [.1, .2, .7, .9], [.8, .9, .1, .2], [-.5, .3, 1.5, .6]])
    for t in kernel_dtypes('CropAndResize'):
        yield Case('CropAndResize', [values(t, (2, 4, 5, 2)), boxes, i32([0, 1, 1, 0]), const(i32([2, 3]))])
    for method in ('bilinear', 'nearest'):
        for size in ([1, 1], [1, 4], [5, 1], [4, 5]):
            yield Case('CropAndResize', [rand('float32', (2, 4, 5, 1)), boxes, i32([0, 1, 1, 0]), i32(size)],
                       dict(method=method, extrapolation_value=-7.5))
    image = rand('float32', (2, 4, 5, 1))
    yield Case('CropAndResize', [image, lit('float32', np.zeros((0, 4))), lit('int32', np.zeros(0)), i32([2, 2])])
    yield Case('CropAndResize', [image, boxes, i32([0, 1, 2, 0]), i32([2, 2])], error=True)
    yield Case('CropAndResize', [image, boxes, i32([0, -1, 1, 0]), i32([2, 2])], error=True)
    yield Case('CropAndResize', [image, f32([[0, 0, np.nan, 1]]), i32([0]), i32([2, 2])], error=True)
    yield Case('CropAndResize', [image, boxes, i32([0, 1, 1, 0]), i32([0, 2])], error=True)
    yield Case('CropAndResize', [image, boxes, i32([0, 1, 1]), i32([2, 2])], error=True)

    for op in ('RGBToHSV', 'HSVToRGB'):
        for t in kernel_dtypes(op):
            yield Case(op, [rand(t, (2, 4, 3), 0, 1)])
        yield Case(op, [rand('float32', (3,), 0, 1)])
        yield Case(op, [rand('float32', (2, 2, 2, 2, 3), 0, 1)])
        yield Case(op, [rand('float32', (0, 3))])
        yield Case(op, [f32([[0, 0, 0], [1, 1, 1], [1, 0, 0], [.5, .5, .25], [.25, .75, .75], [.1, .9, .2]])])
        yield Case(op, [rand('float32', (2, 4))], error=True)
    yield Case('AdjustContrastv2', [rand('float32', (2, 3, 4, 3)), f32(2.5)])
    yield Case('AdjustContrastv2', [rand('float32', (3, 4, 1)), f32(-.5)])
    yield Case('AdjustContrastv2', [rand('float32', (2, 1, 2, 3, 2)), f32(0)])
    yield Case('AdjustContrastv2', [rand('float32', (0, 3, 4, 3)), f32(2)])
    yield Case('AdjustContrastv2', [rand('float32', (3, 4)), f32(2)], error=True)

    rng = np.random.RandomState(3)
    corner = rng.randint(0, 8, (14, 2)) / 8
    many = np.concatenate([corner, corner + rng.randint(1, 8, (14, 2)) / 8], 1)
    many[3] = many[3][[2, 3, 0, 1]]
    many[5, 2] = many[5, 0]
    scores = rng.permutation(14) / 16.0
    scores[4] = scores[9]

    def b(t):
        return lit(t, many)

    def s(t):
        return lit(t, scores)

    def one(t, v):
        return lit(t, np.array(v))
    for most in (0, 3, 20):
        yield Case('NonMaxSuppression', [b('float32'), s('float32'), i32(most)], dict(iou_threshold=.3))
    yield Case('NonMaxSuppression', [b('float32'), s('float32'), i32(-1)], error=True)
    yield Case('NonMaxSuppression', [b('float32'), s('float32'), i32(3)], dict(iou_threshold=1.5), error=True)
    for t in ('float32', 'float16'):
        for u in ('float32', 'float16'):
            for iou in (0, .25, 1):
                yield Case('NonMaxSuppressionV2', [b(t), s(t), i32(9), one(u, iou)])
                yield Case('NonMaxSuppressionV3', [b(t), s(t), i32(9), one(u, iou), one(u, .3)])
                for pad in (False, True):
                    yield Case('NonMaxSuppressionV4', [b(t), s(t), const(i32(17)), one(u, iou), one(u, .3)],
                               dict(pad_to_max_output_size=pad))
        for sigma in (0, .5, 2):
            for iou in (.25, 1):
                for pad in (False, True):
                    yield Case('NonMaxSuppressionV5', [b(t), s(t), i32(12), one(t, iou), one(t, .125), one(t, sigma)],
                               dict(pad_to_max_output_size=pad))
    empty = [lit('float32', np.zeros((0, 4))), lit('float32', np.zeros(0)), i32(4), f32(.5), f32(.1)]
    yield Case('NonMaxSuppressionV3', empty)
    yield Case('NonMaxSuppressionV4', empty, dict(pad_to_max_output_size=True))
    yield Case('NonMaxSuppressionV3', [b('float32'), f32([1, 2]), i32(4), f32(.5), f32(.1)], error=True)
    yield Case('NonMaxSuppressionV3', [f32([[1, 2, 3]]), f32([1]), i32(4), f32(.5), f32(.1)], error=True)
    yield Case('NonMaxSuppressionV3', [b('float32'), s('float32'), i32(4), f32(np.nan), f32(.1)], error=True)
    yield Case('NonMaxSuppressionV3', [b('float32'), f32([np.nan, np.inf, -np.inf] + [0] * 11), i32(9), f32(.5), f32(-np.inf)])
    yield Case('NonMaxSuppressionV5', [b('float32'), s('float32'), i32(4), f32(.5), f32(.1), f32(-1)], error=True)
    overlaps = rng.randint(0, 9, (6, 6)) / 8
    overlaps = np.maximum(overlaps, overlaps.T)
    yield Case('NonMaxSuppressionWithOverlaps', [f32(overlaps), f32(scores[:6]), i32(4), f32(.5), f32(.1)])
    yield Case('NonMaxSuppressionWithOverlaps', [f32(overlaps[:5]), f32(scores[:5]), i32(4), f32(.5), f32(.1)], error=True)

    class_scores = rng.permutation(2 * 7 * 3).reshape(2, 7, 3) / 48.0
    shared = many.reshape(2, 7, 1, 4) * 1.25 - .25
    own = np.stack([many.reshape(2, 7, 4) + .05 * i for i in range(3)], 2)
    for boxes_value in (shared, own):
        for attrs in (dict(), dict(pad_per_class=True), dict(clip_boxes=False)):
            for per_class, total in ((2, 5), (3, 20), (9, 4)):
                yield Case('CombinedNonMaxSuppression', [f32(boxes_value), f32(class_scores), const(i32(per_class)),
                                                         const(i32(total)), f32(.3), f32(.2)], attrs)
    yield Case('CombinedNonMaxSuppression', [f32(shared), f32(class_scores), i32(0), i32(4), f32(.3), f32(.2)], error=True)
    yield Case('CombinedNonMaxSuppression', [f32(shared), f32(class_scores), i32(2), i32(0), f32(.3), f32(.2)], error=True)
    yield Case('CombinedNonMaxSuppression', [f32(own[:, :, :2]), f32(class_scores), i32(2), i32(4), f32(.3), f32(.2)],
               error=True)
