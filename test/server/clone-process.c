/* Loaded into a Node.js process, so that it can be cloned as a restored snapshot would be: see ids-clone.linux.test.ts. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t clone_pid = -1;

/* Puts in the place of a connection one to nobody, which takes what is written and never answers, or has just been reset. */
static void kill_connection(int fd, int resets) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof(address);
  int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int dead = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bind(listening, (struct sockaddr *)&address, length);
  listen(listening, 1);
  getsockname(listening, (struct sockaddr *)&address, &length);
  connect(dead, (struct sockaddr *)&address, length);
  int other = accept(listening, NULL, NULL);
  close(listening);
  fcntl(dead, F_SETFL, O_NONBLOCK);
  dup3(dead, fd, O_CLOEXEC);
  close(dead);
  if (!resets) return;
  struct linger at_once = {1, 0};
  setsockopt(other, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(other);
}

/* A restored snapshot has its connections, and nobody at the other end. Gives how many there were. */
static int kill_connections(int resets) {
  int count = 0;
  int connections[256];
  for (int fd = 3; fd < 256; fd++) {
    struct sockaddr_in peer;
    socklen_t length = sizeof(peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sin_family == AF_INET) connections[count++] = fd;
  }
  for (int index = 0; index < count; index++) kill_connection(connections[index], resets);
  return count;
}

/* The clone would hear of events through what belongs to the original. */
static void fork_loop(void) {
  void *(*default_loop)(void) = dlsym(RTLD_DEFAULT, "uv_default_loop");
  int (*loop_fork)(void *) = dlsym(RTLD_DEFAULT, "uv_loop_fork");
  if (clone_pid == 0 && default_loop != NULL && loop_fork != NULL) loop_fork(default_loop());
}

/*
 * process.umask(0123) clones the process; process.umask(0124) ends the clone, and has the original wait for that. 0125 and 0126 clone it
 * with its connections dead, without a word or reset, and give how many there were.
 */
mode_t umask(mode_t mask) {
  if (mask == 0123) {
    clone_pid = fork();
    return 0;
  }
  if (mask == 0125 || mask == 0126) {
    clone_pid = fork();
    int count = kill_connections(mask == 0126);
    fork_loop();
    return count;
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
