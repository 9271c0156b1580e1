"""Where clusters start, and which centres are near."""
from cases_dsl import *


def cases():
    op = 'KmeansPlusPlusInitialization'
    points = f32([[0, 0], [1, 0.5], [5, 5], [5, 6], [-3, 4], [2, 2], [9, -1]])
    for count, seed, retries in ((1, 0, 0), (1, 12345, 3), (3, 0, 3), (3, -7, 0), (7, 12345, 3)):
        yield Case(op, [points, i64(count), i64(seed), i64(retries)])
    yield Case(op, [f32([[1, 2], [1, 2], [1, 2]]), i64(2), i64(5), i64(0)])
    yield Case(op, [fed(points, None), fed(i64(2), None), fed(i64(5), None), fed(i64(1), None)])
    for bad in ([points, i64(0), i64(1), i64(0)], [points, i64(8), i64(1), i64(0)], 
                [f32([1, 2]), i64(1), i64(1), i64(0)], [points, i64([1]), i64(1), i64(0)]):
        yield Case(op, bad, error=True)

    op = 'KMC2ChainInitialization'
    for seed in (0, 99, -5):
        yield Case(op, [f32([1, 2, 0.5, 3, 0, 8, 1, 1]), i64(seed)])
    yield Case(op, [f32([4]), i64(1)])
    yield Case(op, [fed(f32([1, 2, 0.5]), None), fed(i64(7), None)])
    for bad in ([f32([]), i64(1)], [f32([[1]]), i64(1)], [f32([1]), i64([1])]):
        yield Case(op, bad, error=True)

    op = 'NearestNeighbors'
    centers = f32([[0, 0], [5, 5], [-3, 3], [0, 0]])
    for k in (0, 1, 2, 4, 9):
        yield Case(op, [points, centers, i64(k)])
    yield Case(op, [points, f32(np.zeros((0, 2))), i64(1)])
    yield Case(op, [fed(points, None), fed(centers, None), fed(i64(2), None)])
    for bad in ([f32(np.zeros((0, 2))), centers, i64(2)], [points, f32([[1, 2, 3]]), i64(1)],
                [f32([1]), centers, i64(1)], [points, f32([1]), i64(1)]):
        yield Case(op, bad, error=True)
