// Floors to measure against, and a stopwatch that counts what a program leaves to others, too. Needs Linux.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void run_child(char **argv) {
  pid_t pid = vfork();
  if (pid == 0) {
    execvp(argv[0], argv);
    _exit(127);
  }
  waitpid(pid, NULL, 0);
}

// stamp FILE: says when main() began and when it was about to end.
static int stamp(const char *file) {
  double began = now_ms();
  int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
  return fd < 0 || dprintf(fd, "%.3f %.3f\n", began, now_ms()) < 0;
}

// chain N SELF FILE: N stamps, each started when the one before has ended.
static int chain(int count, char *self, char *file) {
  char *argv[] = {self, "stamp", file, NULL};
  while (count-- > 0) run_child(argv);
  return 0;
}

// append FILE N BYTES: N writes, each durable before the next; prints how long each took, in ms.
static int append(const char *file, int count, int bytes) {
  char *line = malloc(bytes);
  memset(line, 'x', bytes);
  line[bytes - 1] = '\n';
  int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
  while (count-- > 0) {
    double began = now_ms();
    if (write(fd, line, bytes) != bytes || fdatasync(fd) != 0) return 1;
    printf("%.4f\n", now_ms() - began);
  }
  return 0;
}

// watch RESULT PROGRAM…: runs it until nothing it started is left; RESULT gets ms of wall time, ms of CPU, KiB and its code.
static int watch(const char *result, char **argv) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  double began = now_ms();
  pid_t pid = vfork();
  if (pid == 0) {
    execvp(argv[0], argv);
    _exit(127);
  }
  int status = 0, code = 1;
  double ended = began;
  for (pid_t gone; (gone = wait(&status)) > 0;) {
    if (gone != pid) continue;
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ended = now_ms();
  }
  struct rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  double cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
               (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
  FILE *out = fopen(result, "w");
  fprintf(out, "%.3f %.3f %ld %d\n", ended - began, cpu, used.ru_maxrss, code);
  fclose(out);
  return code;
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "stamp")) return stamp(argv[2]);
  if (argc == 5 && !strcmp(argv[1], "chain")) return chain(atoi(argv[2]), argv[3], argv[4]);
  if (argc == 5 && !strcmp(argv[1], "append")) return append(argv[2], atoi(argv[3]), atoi(argv[4]));
  if (argc >= 4 && !strcmp(argv[1], "watch")) return watch(argv[2], argv + 3);
  return 64;
}
