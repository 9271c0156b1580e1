// All squeezed constants of a package, decoded at once: every slice of every one is a piece of work for the threads.
#ifndef RIVULET_ENGINE_IMPORT_SQUEEZED_CONSTANTS_H_
#define RIVULET_ENGINE_IMPORT_SQUEEZED_CONSTANTS_H_

#include <functional>
#include <map>
#include <string>

#include "engine/import/memmapped_package.h"
#include "engine/import/squeezed_region.h"

namespace rivulet {

class CacheFileWriter;

using DecodedConstants = std::map<std::string, Tensor, std::less<>>;

// By region. What is damaged, or finds no memory, is left out: its node says why when it is read.
DecodedConstants DecodeToMemory(const MemmappedPackage& package, Allocator& allocator, int threads);

// Into regions of the same names. No more than one slice for each thread is in memory, which is asked of `allocator`.
// An error where one cannot be decoded or written.
Status DecodeToFile(const MemmappedPackage& package, Allocator& allocator, int threads, CacheFileWriter* file);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SQUEEZED_CONSTANTS_H_
