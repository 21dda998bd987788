/* Loaded into a Node.js process, so that it can be cloned as a restored snapshot would be: see ids.test.ts. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t clone_pid = -1;

/* process.umask(0123) clones the process; process.umask(0124) ends the clone, and has the original wait for that. */
mode_t umask(mode_t mask) {
  if (mask == 0123) {
    clone_pid = fork();
    return 0;
  }
  if (mask == 0124) {
    if (clone_pid == 0) _exit(0); /* It has none of the threads that a regular exit waits for. */
    waitpid(clone_pid, NULL, 0);
    return 0;
  }
  return (mode_t)syscall(SYS_umask, mask);
}

/* V8 keeps its memory out of clones, which a snapshot does not. */
int madvise(void *address, size_t length, int advice) {
  if (advice == MADV_DONTFORK) return 0;
  return (int)syscall(SYS_madvise, address, length, advice);
}
