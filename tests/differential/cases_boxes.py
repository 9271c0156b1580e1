"""Non-maximum suppression in all its forms."""
from draw import *


def boxes(draw, count, t):
    corner = draw.numpy.randint(0, 24, (count, 2)) / 32
    box = np.concatenate([corner, corner + draw.numpy.randint(0, 16, (count, 2)) / 32], -1)
    flip = draw.numpy.uniform(size=count) < 0.2
    box[flip] = box[flip][:, [2, 3, 0, 1]]
    return lit(t, box)


def scores(draw, count, t):
    if draw.chance(0.3):
        return lit(t, draw.numpy.randint(0, 6, count) / 8)
    return lit(t, draw.numpy.permutation(count) / 32)


def case(draw):
    version = draw.one_of('', 'V2', 'V3', 'V3', 'V4', 'V4', 'V5', 'V5', 'WithOverlaps', 'Combined', 'Combined')
    count = draw.dim(20)
    t = 'float32' if version in ('', 'WithOverlaps', 'Combined') else draw.one_of('float32', 'float16')
    most = lit('int32', draw.randint(0, count + 3), ())
    iou = draw.one_of(0.0, 0.25, 0.3, 0.5, 0.75, 1.0)
    if draw.chance(0.03):
        iou = draw.one_of(-0.1, 1.1, float('nan'))
    if version == '':
        return Case('NonMaxSuppression', [boxes(draw, count, t), scores(draw, count, t), most], dict(iou_threshold=iou))
    if version == 'WithOverlaps':
        overlaps = draw.numpy.randint(0, 9, (count, count)) / 8
        return Case('NonMaxSuppressionWithOverlaps', [lit(t, np.maximum(overlaps, overlaps.T)), scores(draw, count, t), most, lit(t, iou, ()),
                                                      lit(t, draw.uniform(-0.1, 0.5), ())])
    if version == 'Combined':
        batch, classes = draw.randint(1, 3), draw.randint(1, 4)
        q = draw.one_of(1, classes)
        b = boxes(draw, batch * count * q, t).array.reshape(batch, count, q, 4) * (1.3 if draw.chance(0.5) else 1)
        s = scores(draw, batch * count * classes, t).array.reshape(batch, count, classes)
        return Case('CombinedNonMaxSuppression', [lit(t, b), lit(t, s), lit('int32', draw.randint(1, 6), ()), lit('int32', draw.randint(1, 12), ()),
                                                  lit(t, iou, ()), lit(t, draw.uniform(-0.1, 0.8), ())],
                    dict(pad_per_class=draw.chance(0.4), clip_boxes=draw.chance(0.6)))
    u = draw.one_of('float32', 'float16') if version != 'V5' else t
    inputs = [boxes(draw, count, t), scores(draw, count, t), most, lit(u, iou, ())]
    if version == 'V2':
        return Case('NonMaxSuppressionV2', inputs)
    inputs.append(lit(u, draw.uniform(-0.1, 0.5), ()))
    if version == 'V3':
        return Case('NonMaxSuppressionV3', inputs)
    attrs = dict(pad_to_max_output_size=draw.chance(0.4))
    if version == 'V4':
        return Case('NonMaxSuppressionV4', inputs, attrs)
    return Case('NonMaxSuppressionV5', inputs + [lit(u, draw.one_of(0.0, 0.0, 0.3, 0.5, 1.0), ())], attrs)
