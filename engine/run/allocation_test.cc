// A step of a plan allocates nothing: a run of a plan that ran before asks for the memory of its results alone.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "engine/run/model_of.h"
#include "rivulet/session.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RIVULET_OWN_MALLOC 0
#endif
#endif
#if !defined(RIVULET_OWN_MALLOC)
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RIVULET_OWN_MALLOC 1
#else
#define RIVULET_OWN_MALLOC 0
#endif
#endif

namespace rivulet {
namespace {

std::atomic<bool> g_counting{false};
std::atomic<int64_t> g_calls{0};

#if RIVULET_OWN_MALLOC
void Count() {
  if (g_counting.load(std::memory_order_relaxed)) g_calls.fetch_add(1, std::memory_order_relaxed);
}
#endif

}  // namespace
}  // namespace rivulet

#if RIVULET_OWN_MALLOC
// The process's own memory functions, counted: the names take the place of the C library's.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t bytes) {
  rivulet::Count();
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  rivulet::Count();
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, size_t bytes) {
  rivulet::Count();
  return __libc_realloc(memory, bytes);
}
void* memalign(size_t alignment, size_t bytes) {
  rivulet::Count();
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  rivulet::Count();
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  rivulet::Count();
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}
}
#endif

namespace rivulet {
namespace {

// "float32[3,3,16,16]{0.5, 0.5, ...}"
std::string Filled(const Shape& shape, std::string_view value) {
  std::string text = "float32" + shape.ToString() + "{";
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    if (i > 0) text += ", ";
    text += value;
  }
  return text + "}";
}

std::string Const(std::string_view name, const Shape& shape, std::string_view value = "0.03125") {
  return std::string(name) + " = Const() {dtype=float32, value=" + Filled(shape, value) + "}\n";
}

// What image networks are made of: every kind of convolution, batch norm, residuals, branches, pools, a dense layer.
std::string ImageNet() {
  const std::string conv = "T=float32, strides=ints[1, 1, 1, 1], padding=\"SAME\"";
  const std::string halving = "T=float32, strides=ints[1, 2, 2, 1], padding=\"SAME\"";
  const std::string window = "T=float32, ksize=ints[1, 3, 3, 1], strides=ints[1, 1, 1, 1], padding=\"SAME\"";
  return "x = Placeholder() {dtype=float32, shape=shape[?,24,24,3]}\n" + Const("w0", {3, 3, 3, 16}) +
         Const("w1", {3, 3, 16, 16}) + Const("wd", {3, 3, 16, 1}) + Const("w2", {1, 1, 32, 16}) +
         Const("k", {16}, "1") + Const("dense", {2304, 10}) + Const("ten", {10}, "2") + "c0 = Conv2D(x, w0) {" +
         halving + "}\n" + "n0 = FusedBatchNormV3(c0, k, k, k, k) {T=float32, U=float32, is_training=false}\n" +
         "r0 = Relu6(n0) {T=float32}\n" + "c1 = Conv2D(r0, w1) {" + conv + "}\n" + "b1 = BiasAdd(c1, k) {T=float32}\n" +
         "a1 = AddV2(r0, b1) {T=float32}\n" + "r1 = Relu(a1) {T=float32}\n" + "d = DepthwiseConv2dNative(r1, wd) {" +
         conv + "}\n" + "db = BiasAdd(d, k) {T=float32}\n" + "dr = Relu(db) {T=float32}\n" + "mp = MaxPool(dr) {" +
         window + "}\n" +
         "ap = AvgPool(dr) {T=float32, ksize=ints[1, 3, 3, 1], strides=ints[1, 1, 1, 1], padding=\"SAME\"}\n" +
         "axis = Const() {dtype=int32, value=int32[]{3}}\n" +
         "cat = ConcatV2(mp, ap, axis) {N=2, T=float32, Tidx=int32}\n" + "c2 = Conv2D(cat, w2) {" + conv + "}\n" +
         "s2 = Sigmoid(c2) {T=float32}\n" + "m2 = Mul(s2, k) {T=float32}\n" + "e2 = Sub(m2, r1) {T=float32}\n" +
         "size = Const() {dtype=int32, value=int32[2]{-1, 2304}}\n" +
         "flat = Reshape(e2, size) {T=float32, Tshape=int32}\n" + "f = MatMul(flat, dense) {T=float32}\n" +
         "fb = BiasAdd(f, ten) {T=float32}\n" + "y = Softmax(fb) {T=float32}\n";
}

TEST(Allocation, AStepOfAPlanAllocatesNothing) {
  for (const bool passes : {true, false}) {
    for (const int threads : {1, 3}) {
      SCOPED_TRACE(testing::Message() << "passes " << passes << ", threads " << threads);
      SessionOptions options;
      options.passes = passes;
      options.num_threads = threads;
      auto session = Session::Create(ModelOf(ImageNet()), options);
      ASSERT_TRUE(session.ok());
      const std::vector<float> pixels(2 * 24 * 24 * 3, 0.5f);
      const Feeds feeds = {{"x", Tensor::Of<float>({2, 24, 24, 3}, pixels)}};
      const std::vector<std::string> fetches = {"y", "r1"};
      const auto first = (*session)->Run(feeds, fetches);
      ASSERT_TRUE(first.ok()) << first.status().ToString();
      Allocator::FailNth(0, false);
      g_calls = 0;
      g_counting = true;
      auto second = (*session)->Run(feeds, fetches);
      g_counting = false;
      const int64_t calls = g_calls;
      EXPECT_EQ(Allocator::FailNth(0, false), 2);  // one for each result
      ASSERT_TRUE(second.ok());
      EXPECT_EQ((*second)[0].values<float>()[0], (*first)[0].values<float>()[0]);
      // A result is its elements and the count of its owners; and there is the vector of the results.
      if (RIVULET_OWN_MALLOC) EXPECT_EQ(calls, 2 * 2 + 1);
    }
  }
}

}  // namespace
}  // namespace rivulet
