/* Journals what a process does to the files of one folder, so that a power cut can be made up later.
 *
 * Loaded by LD_PRELOAD, below any SQLite. POWER_FOLDER is watched, POWER_LOG takes the journal: records
 * of {op, length of path, inode, offset, length of data}, path, data. A sync is journalled and not
 * made, since only the journal decides what survives. Shared memory (-shm) dies with the power.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK };

#define FDS 4096
static unsigned char watched[FDS];
static const char *folder;
static size_t folder_length;
static int journal = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name, type) ((type)(dlsym(RTLD_NEXT, name)))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("POWER_LOG");
    folder = getenv("POWER_FOLDER");
    if (!path || !folder) return;
    folder_length = strlen(folder);
    journal = REAL("open", int (*)(const char *, int, ...))(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static int ours(const char *path) {
    size_t n = path ? strlen(path) : 0;
    if (journal < 0 || n < folder_length || strncmp(path, folder, folder_length)) return 0;
    return !(n > 4 && !strcmp(path + n - 4, "-shm"));
}

static void told(uint32_t op, const char *path, uint64_t inode, uint64_t at, const void *data, uint64_t n) {
    struct { uint32_t op, path; uint64_t inode, at, n; } head = {op, path ? strlen(path) : 0, inode, at, n};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)data, data ? n : 0}};
    if (writev(journal, parts, 3) < 0) abort();
}

static uint64_t inode_of(int fd) {
    struct stat st;
    return fstat(fd, &st) ? 0 : st.st_ino;
}

static int is_folder(int fd) {
    struct stat st;
    return !fstat(fd, &st) && S_ISDIR(st.st_mode);
}

static int opened(int fd, const char *path, int flags) {
    if (fd >= 0 && fd < FDS) {
        watched[fd] = ours(path);
        if (watched[fd]) {
            pthread_mutex_lock(&lock);
            told(OPEN, path, inode_of(fd), is_folder(fd), NULL, 0);
            if (flags & O_TRUNC) told(TRUNCATE, NULL, inode_of(fd), 0, NULL, 0);
            pthread_mutex_unlock(&lock);
        }
    }
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPENS(name)                                                                     \
    int name(const char *path, int flags, ...) {                                        \
        va_list rest;                                                                   \
        va_start(rest, flags);                                                          \
        mode_t mode = mode_of(flags, rest);                                             \
        va_end(rest);                                                                   \
        return opened(REAL(#name, int (*)(const char *, int, ...))(path, flags, mode), path, flags); \
    }
#define OPENS_AT(name)                                                                  \
    int name(int at, const char *path, int flags, ...) {                                \
        va_list rest;                                                                   \
        va_start(rest, flags);                                                          \
        mode_t mode = mode_of(flags, rest);                                             \
        va_end(rest);                                                                   \
        return opened(REAL(#name, int (*)(int, const char *, int, ...))(at, path, flags, mode), path, flags); \
    }
OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)

#define IS_OURS(fd) ((fd) >= 0 && (fd) < FDS && watched[fd])

int close(int fd) {
    if (IS_OURS(fd)) watched[fd] = 0;
    return REAL("close", int (*)(int))(fd);
}

ssize_t write(int fd, const void *data, size_t n) {
    ssize_t (*real)(int, const void *, size_t) = REAL("write", ssize_t (*)(int, const void *, size_t));
    if (!IS_OURS(fd)) return real(fd, data, n);
    pthread_mutex_lock(&lock);
    ssize_t done = real(fd, data, n);
    if (done > 0) told(WRITE, NULL, inode_of(fd), lseek(fd, 0, SEEK_CUR) - done, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

#define WRITES_AT(name, type)                                                           \
    ssize_t name(int fd, const void *data, size_t n, type at) {                         \
        ssize_t (*real)(int, const void *, size_t, type) =                              \
            REAL(#name, ssize_t (*)(int, const void *, size_t, type));                  \
        if (!IS_OURS(fd)) return real(fd, data, n, at);                                 \
        pthread_mutex_lock(&lock);                                                      \
        ssize_t done = real(fd, data, n, at);                                           \
        if (done > 0) told(WRITE, NULL, inode_of(fd), at, data, done);                  \
        pthread_mutex_unlock(&lock);                                                    \
        return done;                                                                    \
    }
WRITES_AT(pwrite, off_t)
WRITES_AT(pwrite64, off64_t)

#define TRUNCATES(name, type)                                                           \
    int name(int fd, type n) {                                                          \
        int done = REAL(#name, int (*)(int, type))(fd, n);                              \
        if (!done && IS_OURS(fd)) {                                                     \
            pthread_mutex_lock(&lock);                                                  \
            told(TRUNCATE, NULL, inode_of(fd), n, NULL, 0);                             \
            pthread_mutex_unlock(&lock);                                                \
        }                                                                               \
        return done;                                                                    \
    }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

#define SYNCS(name)                                                                     \
    int name(int fd) {                                                                  \
        if (!IS_OURS(fd)) return REAL(#name, int (*)(int))(fd);                         \
        pthread_mutex_lock(&lock);                                                      \
        told(SYNC, NULL, inode_of(fd), 0, NULL, 0);                                     \
        pthread_mutex_unlock(&lock);                                                    \
        return 0;                                                                       \
    }
SYNCS(fsync)
SYNCS(fdatasync)

int rename(const char *from, const char *to) {
    int done = REAL("rename", int (*)(const char *, const char *))(from, to);
    if (!done && ours(to)) {
        pthread_mutex_lock(&lock);
        told(RENAME, from, 0, 0, to, strlen(to));
        pthread_mutex_unlock(&lock);
    }
    return done;
}

int unlink(const char *path) {
    int done = REAL("unlink", int (*)(const char *))(path);
    if (!done && ours(path)) {
        pthread_mutex_lock(&lock);
        told(UNLINK, path, 0, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return done;
}
