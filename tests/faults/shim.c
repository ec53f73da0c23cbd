// Loaded before a program (LD_PRELOAD): the n-th call of one kind fails as the system would let it.
//
//   FAULT_KIND    open, read, write, fsync, rename, mmap, memory, start (of another program: it is not
//                 started) or child (it is, and killed at once)
//   FAULT_AT      n, from 1; 0: none
//   FAULT_ALWAYS  1: every call from the n-th on
//   FAULT_UNDER   only calls that concern files below this folder
//   FAULT_COUNTS  a file that is given the number of calls of each kind when the program ends
//
// Memory is asked for in pieces of at least 64 KiB to count: smaller ones are not refused by systems.
// Programs that the program starts are left alone otherwise.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kOpen, kRead, kWrite, kSync, kRename, kMap, kMemory, kStart, kChild, kKinds };
static const char* const kNames[kKinds] = {"open", "read", "write", "fsync",
                                           "rename", "mmap", "memory", "start", "child"};
static const size_t kLarge = 64 << 10;

static long counts[kKinds];
static int wanted = -1;
static long at;
static int always;
static const char* under;

// Memory is asked for before main, and by the functions that look others up.
static __thread int inside;

#define NEXT(name)                                     \
  static __typeof__(&name) next;                       \
  if (!next) {                                         \
    ++inside;                                          \
    *(void**)&next = dlsym(RTLD_NEXT, #name);          \
    --inside;                                          \
  }

__attribute__((constructor)) static void begin(void) {
  const char* kind = getenv("FAULT_KIND");
  for (int k = 0; kind && k < kKinds; ++k) {
    if (strcmp(kind, kNames[k]) == 0) wanted = k;
  }
  under = getenv("FAULT_UNDER");
  at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
  always = getenv("FAULT_ALWAYS") != NULL;
  unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void) {
  const char* path = getenv("FAULT_COUNTS");
  wanted = -1;
  FILE* file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  for (int k = 0; k < kKinds; ++k) fprintf(file, "%s %ld\n", kNames[k], counts[k]);
  fclose(file);
}

static int is_under(const char* path) {
  if (!under || !path) return 0;
  if (path[0] == '/') return strncmp(path, under, strlen(under)) == 0;
  char folder[4096];
  return getcwd(folder, sizeof folder) && strncmp(folder, under, strlen(under)) == 0;
}

static int is_ours(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_under(path);
}

static int fails(int kind) {
  const long n = __atomic_add_fetch(&counts[kind], 1, __ATOMIC_RELAXED);
  return kind == wanted && at > 0 && (n == at || (always && n > at));
}

#define FAIL(kind, concerned, error, answer) \
  if ((concerned) && fails(kind)) {          \
    errno = (error);                         \
    return (answer);                         \
  }

int open(const char* path, int flags, ...) {
  NEXT(open)
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  FAIL(kOpen, is_under(path), EACCES, -1)
  return next(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  NEXT(open64)
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  FAIL(kOpen, is_under(path), EACCES, -1)
  return next(path, flags, mode);
}
FILE* fopen(const char* path, const char* mode) {
  NEXT(fopen)
  FAIL(kOpen, is_under(path), EACCES, NULL)
  return next(path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  NEXT(fopen64)
  FAIL(kOpen, is_under(path), EACCES, NULL)
  return next(path, mode);
}

ssize_t read(int file, void* into, size_t bytes) {
  NEXT(read)
  FAIL(kRead, is_ours(file), EIO, -1)
  return next(file, into, bytes);
}
ssize_t readv(int file, const struct iovec* parts, int count) {
  NEXT(readv)
  FAIL(kRead, is_ours(file), EIO, -1)
  return next(file, parts, count);
}
ssize_t write(int file, const void* from, size_t bytes) {
  NEXT(write)
  FAIL(kWrite, is_ours(file), ENOSPC, -1)
  return next(file, from, bytes);
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  NEXT(writev)
  FAIL(kWrite, is_ours(file), ENOSPC, -1)
  return next(file, parts, count);
}
int fsync(int file) {
  NEXT(fsync)
  FAIL(kSync, is_ours(file), EIO, -1)
  return next(file);
}
int rename(const char* from, const char* to) {
  NEXT(rename)
  FAIL(kRename, is_under(to), EIO, -1)
  return next(from, to);
}
void* mmap(void* address, size_t bytes, int protection, int flags, int file, off_t offset) {
  NEXT(mmap)
  FAIL(kMap, file >= 0 && is_ours(file), ENOMEM, MAP_FAILED)
  return next(address, bytes, protection, flags, file, offset);
}

int posix_spawnp(pid_t* child, const char* file, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const words[], char* const variables[]) {
  NEXT(posix_spawnp)
  if (fails(kStart)) return EAGAIN;
  char* killed[] = {"sh", "-c", "kill -9 $$", NULL};
  if (fails(kChild)) return next(child, "sh", actions, attributes, killed, variables);
  return next(child, file, actions, attributes, words, variables);
}

void* malloc(size_t bytes) {
  extern void* __libc_malloc(size_t);
  FAIL(kMemory, !inside && bytes >= kLarge, ENOMEM, NULL)
  return __libc_malloc(bytes);
}
int posix_memalign(void** result, size_t alignment, size_t bytes) {
  NEXT(posix_memalign)
  if (!inside && bytes >= kLarge && fails(kMemory)) return ENOMEM;
  return next(result, alignment, bytes);
}
