// Where the command's small blocks of memory lie.
#ifndef RIVULET_CLI_HEAP_H_
#define RIVULET_CLI_HEAP_H_

namespace rivulet::cli {

// Asks for huge pages for what the heap will grow into. To be called first, by the program's only thread.
//
// A model's graph is thousands of small blocks. The first touch of a page takes some 1.4 us and of a huge page as long
// as of 70 small ones, so that a megabyte of graph, which the load of a small network is about, costs a sixth of it.
// Only a program can decide this for its heap, so the engine does not.
void PutHeapIntoHugePages();

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_HEAP_H_
