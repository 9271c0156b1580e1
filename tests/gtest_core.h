// GoogleTest without its parameterised tests, matchers and death tests, for precompiled headers of tests that have
// none. Their inline functions ask for templates that GCC would make anew in every file: a quarter of a second each.
// Elsewhere, and with a GoogleTest whose guards are called otherwise, it is all of GoogleTest.
#ifndef RIVULET_TESTS_GTEST_CORE_H_
#define RIVULET_TESTS_GTEST_CORE_H_

#define GOOGLETEST_INCLUDE_GTEST_GTEST_DEATH_TEST_H_
#define GOOGLETEST_INCLUDE_GTEST_GTEST_MATCHERS_H_
#define GOOGLETEST_INCLUDE_GTEST_GTEST_PARAM_TEST_H_

// What the rest names of them.
namespace testing::internal {
class DefaultDeathTestFactory;
class ParameterizedTestSuiteRegistry;
template <class>
class ParameterizedTestFactory;
}  // namespace testing::internal

#include <gtest/gtest.h>

#endif  // RIVULET_TESTS_GTEST_CORE_H_
