/* SHA-256 of every file below a folder, by threads on OpenSSL: how fast this machine can be.
 *
 *     gcc -O2 -o hash_threads hash_threads.c -lcrypto -lpthread
 *     ./hash_threads THREADS FOLDER
 *
 * It prints "<hex>  <path>" in the order of the paths' bytes, and fails when a file changes while
 * it is read, as ours does. It makes no tree and knows nothing of odd names: a yardstick, no tool.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_THREADS = 64, DIGEST_BYTES = 32, BUFFER_BYTES = 256 << 10 };

static char **paths;
static size_t count, room;
static unsigned char (*digests)[DIGEST_BYTES];
static atomic_size_t next_file;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void keep(char *path) {
    if (count == room) {
        room = room ? 2 * room : 1024;
        paths = realloc(paths, room * sizeof *paths);
        if (!paths) fail("memory");
    }
    paths[count++] = path;
}

static void walk(const char *folder) {
    DIR *open_folder = opendir(folder);
    if (!open_folder) fail(folder);
    for (struct dirent *entry; (entry = readdir(open_folder));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        char *path;
        if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) fail("memory");
        if (entry->d_type == DT_REG) {
            keep(path);
            continue;
        }
        if (entry->d_type == DT_DIR) walk(path);
        free(path);
    }
    closedir(open_folder);
}

static int by_bytes(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static int same(const struct timespec *one, const struct timespec *other) {
    return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

static void *hash_files(void *unused) {
    unsigned char *buffer = malloc(BUFFER_BYTES);
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!buffer || !sha256 || !context) fail("memory");
    for (size_t file; (file = atomic_fetch_add(&next_file, 1)) < count;) {
        int descriptor = open(paths[file], O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) fail(paths[file]);
        struct stat before, after;
        if (fstat(descriptor, &before)) fail(paths[file]);
        EVP_DigestInit_ex2(context, sha256, NULL);
        ssize_t length;
        while ((length = read(descriptor, buffer, BUFFER_BYTES)) > 0)
            EVP_DigestUpdate(context, buffer, length);
        if (length < 0 || fstat(descriptor, &after)) fail(paths[file]);
        if (before.st_size != after.st_size || !same(&before.st_mtim, &after.st_mtim) ||
            !same(&before.st_ctim, &after.st_ctim))
            fail(paths[file]);
        close(descriptor);
        EVP_DigestFinal_ex(context, digests[file], NULL);
    }
    return unused;
}

int main(int argument_count, char **arguments) {
    int thread_count = argument_count == 3 ? atoi(arguments[1]) : 0;
    if (thread_count < 1 || thread_count > MOST_THREADS || chdir(arguments[2])) fail("arguments");
    walk(".");
    qsort(paths, count, sizeof *paths, by_bytes);
    digests = malloc(count * sizeof *digests + 1);
    pthread_t threads[MOST_THREADS];
    for (int number = 0; number < thread_count; number++)
        if (pthread_create(&threads[number], NULL, hash_files, NULL)) fail("thread");
    for (int number = 0; number < thread_count; number++) pthread_join(threads[number], NULL);
    for (size_t file = 0; file < count; file++) {
        for (int byte = 0; byte < DIGEST_BYTES; byte++) printf("%02x", digests[file][byte]);
        printf("  %s\n", paths[file] + 2);
    }
}
