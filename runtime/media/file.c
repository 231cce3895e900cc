#include "media/media.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const char *path, const char *reason) { return peri__fail("'%s' cannot be read: %s", path, reason); }

static bool read_all(int file, const char *path, unsigned char *bytes, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = read(file, bytes + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(path, strerror(errno));
    if (got == 0) return refuse(path, "the file became shorter while it was read; load it again");
    done += (size_t)got;
  }
  return true;
}

static void *read_open_file(int file, const char *path, size_t *size) {
  struct stat status;
  if (fstat(file, &status) != 0) return refuse(path, strerror(errno)), NULL;
  if (S_ISDIR(status.st_mode)) return refuse(path, "it is a folder"), NULL;
  if (!S_ISREG(status.st_mode)) return refuse(path, "it is not a regular file"), NULL;
  if (status.st_size == 0) return refuse(path, "the file is empty"), NULL;
  size_t bytes = (size_t)status.st_size;
  unsigned char *memory = (unsigned char *)peri__allocate(bytes, 16);
  if (!memory) return NULL;
  if (!read_all(file, path, memory, bytes)) {
    peri__release(memory, bytes);
    return NULL;
  }
  *size = bytes;
  return memory;
}

void *peri__read_file(const char *path, size_t *size) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold the loader up */
  if (file < 0) return refuse(path, strerror(errno)), NULL;
  void *memory = read_open_file(file, path, size);
  close(file);
  return memory;
}
