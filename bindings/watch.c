/* Files watched for hot reload: the Lua half asks once a frame which have been saved.
 *
 * Linux tells what happens in a folder (inotify). Folders are watched, not files, because editors replace files: by
 * renaming, or by deleting and making them anew. An event only says where to look; what counts is whether time, size or
 * inode differ from those known, or the event itself means new contents. Events also say when a save is complete: from
 * the first write until the file is closed it is not (truncate(2), which opens no file, is the one save that then waits
 * for the next). Every file is also looked at from time to time, ten times a second where no events come: other
 * systems, file systems of other machines, too many watches, a folder that is not there. What a look finds without an
 * event counts once two looks agree.
 *
 * PERILUNE_WATCH=stat in the environment does without events. */
#include "check.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

/* Seconds. */
#define QUIET 0.008  /* without an event after a save, because editors save several files, or one in several steps */
#define AT_MOST 0.25 /* that a complete save waits for others */
#define CONTENTS 0.1 /* that an empty file waits for its contents: some editors truncate first */
#define AGREE 0.02   /* between two looks that agree */
#define LOOK 0.1     /* between looks at a file that no events tell of, and tries to get at its events */
#define SELDOM 1.0   /* between looks at a file whose events come, and checks that its folder is still the same one */

#define PLACES 4 /* a file's own, and of symbolic links as many targets */
#define NO_WATCH (-1)

typedef struct snapshot {
  struct timespec time;
  off_t size;
  ino_t inode;
  dev_t device;
  bool exists; /* else all is 0 */
} snapshot;

typedef struct folder {
  struct folder *next;
  char *path;
  double next_try; /* when its watch is checked */
  unsigned places; /* that are in it */
  int watch;       /* inotify's; two paths of one folder have the same */
} folder;

typedef struct place {
  folder *folder;
  char *name;
} place;

typedef struct file {
  char *given; /* as the script named it */
  char *path;  /* absolute */
  place places[PLACES];
  int place_count;
  snapshot known; /* when the watch began, or as reported last; none: whatever comes is new */
  snapshot seen;  /* at the last look that found something else than the one before */
  double seen_at;
  double next_look;
  double empty_at;    /* when it was first seen changed and empty; 0: it is not */
  double complete_at; /* when it was first seen changed and complete; 0: it is not yet */
  int writing;        /* the watch that told of its being written, and not yet of its being closed; or NO_WATCH */
  bool told;          /* an event told of it, and no look was taken since */
  bool settled;       /* `seen` is believed: an event told of it, or two looks agreed */
  bool changed;       /* `seen` is there and is not what is known */
  bool ready;         /* it may be reported */
} file;

typedef struct watcher {
  void *zero[2]; /* for LÖVE, as in handles */
  file *files;
  size_t count, capacity;
  folder *folders;
  double round_began; /* of looks: spread over LOOK seconds, so that no call has all of them */
  size_t cursor;      /* the next file of the round */
  double last_event;
  bool pending; /* some file has changed */
  bool closed;
  int events; /* inotify's descriptor, or −1 */
} watcher;

static const char watcher_key; /* its address is the watcher's key in the registry */

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- Folders ---------------------------------------------------------------------------------------------------- */

#ifdef __linux__

#define EVENTS                                                                                                         \
  (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF |       \
   IN_EXCL_UNLINK | IN_ONLYDIR)

static int open_events(void) {
  const char *how = getenv("PERILUNE_WATCH");
  return how && strcmp(how, "stat") == 0 ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static void drop_watch(watcher *w, int watch) {
  if (watch == NO_WATCH) return;
  for (const folder *f = w->folders; f; f = f->next) {
    if (f->watch == watch) return;
  }
  inotify_rm_watch(w->events, watch);
}

/* Another folder may have the path now, or none: what was seen of its files is to be looked at again. */
static void doubt_files(watcher *w, const folder *in, double now) {
  for (size_t i = 0; i < w->count; i++) {
    file *f = &w->files[i];
    for (int p = 0; p < f->place_count; p++) {
      if (f->places[p].folder != in) continue;
      f->settled = false;
      f->seen_at = f->next_look = now;
    }
  }
}

/* Sees to it that events come from whatever folder has this path now; true: they do from now on, and did not before. */
static bool hear_folder(watcher *w, folder *f, double now) {
  if (w->events < 0 || now < f->next_try) return false;
  int before = f->watch;
  f->watch = inotify_add_watch(w->events, f->path, EVENTS);
  f->next_try = now + (f->watch == NO_WATCH ? LOOK : SELDOM);
  if (f->watch == before) return false;
  drop_watch(w, before);
  doubt_files(w, f, now);
  return true;
}

#else

static int open_events(void) { return -1; }

static void drop_watch(watcher *w, int watch) { (void)w, (void)watch; }

static bool hear_folder(watcher *w, folder *f, double now) { return (void)w, (void)f, (void)now, false; }

#endif

/* NULL: no memory. */
static folder *enter_folder(watcher *w, const char *path, size_t length) {
  for (folder *f = w->folders; f; f = f->next) {
    if (strncmp(f->path, path, length) == 0 && f->path[length] == '\0') return f->places++, f;
  }
  folder *f = calloc(1, sizeof *f);
  char *copy = f ? strndup(path, length) : NULL;
  if (!copy) return free(f), NULL;
  *f = (folder){.next = w->folders, .path = copy, .places = 1, .watch = NO_WATCH};
  return w->folders = f;
}

static void leave_folder(watcher *w, folder *f) {
  if (--f->places > 0) return;
  folder **link = &w->folders;
  while (*link != f) link = &(*link)->next;
  *link = f->next;
  drop_watch(w, f->watch);
  free(f->path);
  free(f);
}

/* ---- Where a file's events come from ---------------------------------------------------------------------------- */

static void leave_places(watcher *w, place *places, int count) {
  for (int i = 0; i < count; i++) {
    leave_folder(w, places[i].folder);
    free(places[i].name);
  }
}

/* The place of an absolute path. */
static bool enter_place(watcher *w, place *p, const char *path) {
  const char *slash = strrchr(path, '/');
  p->name = strdup(slash + 1);
  p->folder = p->name ? enter_folder(w, path, slash == path ? 1 : (size_t)(slash - path)) : NULL;
  if (!p->folder) free(p->name);
  return p->folder != NULL;
}

/* Replaces the path of a symbolic link by that of its target; false: it is none, or too long. */
static bool follow(char path[PATH_MAX]) {
  char target[PATH_MAX];
  ssize_t length = readlink(path, target, sizeof target);
  if (length <= 0) return false;
  size_t kept = target[0] == '/' ? 0 : (size_t)(strrchr(path, '/') + 1 - path);
  if (kept + (size_t)length >= PATH_MAX) return false;
  memcpy(path + kept, target, (size_t)length);
  path[kept + (size_t)length] = '\0';
  return true;
}

/* Where a link leads may change with any save. The new places are entered before the old ones are left, so that a
 * folder of both keeps its watch. */
static void find_places(watcher *w, file *f) {
  char path[PATH_MAX];
  strcpy(path, f->path);
  bool is_link = follow(path);
  place before[PLACES];
  int count = f->place_count;
  memcpy(before, f->places, sizeof before);
  f->place_count = enter_place(w, &f->places[0], f->path);
  while (is_link && f->place_count > 0 && f->place_count < PLACES && enter_place(w, &f->places[f->place_count], path)) {
    f->place_count++;
    is_link = follow(path);
  }
  leave_places(w, before, count);
}

static bool is_heard(const file *f) {
  for (int i = 0; i < f->place_count; i++) {
    if (f->places[i].folder->watch == NO_WATCH) return false;
  }
  return f->place_count > 0;
}

/* ---- Looks ------------------------------------------------------------------------------------------------------ */

static snapshot take_snapshot(const char *path, bool *is_link) {
  struct stat status;
  bool exists = lstat(path, &status) == 0;
  *is_link = exists && S_ISLNK(status.st_mode);
  if (*is_link) exists = stat(path, &status) == 0;
  if (!exists) return (snapshot){.exists = false};
  return (snapshot){status.st_mtim, status.st_size, status.st_ino, status.st_dev, true};
}

static bool is_same(const snapshot *a, const snapshot *b) {
  return a->exists == b->exists && a->time.tv_sec == b->time.tv_sec && a->time.tv_nsec == b->time.tv_nsec &&
         a->size == b->size && a->inode == b->inode && a->device == b->device;
}

static void look(watcher *w, file *f, double now) {
  bool is_link;
  snapshot found = take_snapshot(f->path, &is_link);
  bool again = is_link || f->place_count != 1;
  if (again) find_places(w, f);
  for (int i = 0; i < f->place_count; i++) again = hear_folder(w, f->places[i].folder, now) || again;
  if (again) found = take_snapshot(f->path, &is_link); /* what was saved before this brings no event */
  f->next_look = now + (is_heard(f) ? SELDOM : LOOK);

  bool same = is_same(&found, &f->seen);
  f->settled = f->told || (same && (f->settled || now - f->seen_at >= AGREE));
  f->told = false;
  if (!same) {
    f->seen = found;
    f->seen_at = now;
  }
  if (!found.exists) f->known = found;
  f->changed = !is_same(&found, &f->known);
  if (!f->changed) f->complete_at = 0;
  if (!f->changed || found.size > 0) f->empty_at = 0;
  if (f->changed && found.size == 0 && f->empty_at == 0) f->empty_at = now;
  if (f->changed) w->pending = true;
}

/* What is found changed may not be all that was saved, so then the rest is looked at now, not when its turn comes. */
static void look_around(watcher *w, double now) {
  double share = (now - w->round_began) / LOOK;
  size_t until = share >= 1 ? w->count : (size_t)(share * (double)w->count);
  bool news = false;
  for (; w->cursor < until; w->cursor++) {
    file *f = &w->files[w->cursor];
    bool before = f->changed;
    if (f->next_look <= now) look(w, f, now);
    news = news || (f->changed && !before);
  }
  for (size_t i = 0; news && i < w->count; i++) look(w, &w->files[i], now);
  if (share < 1) return;
  w->round_began = now;
  w->cursor = 0;
}

/* ---- Events ----------------------------------------------------------------------------------------------------- */

#ifdef __linux__

/* A folder that is gone, or has another path now. */
static void lose_watch(watcher *w, int watch, double now, bool moved) {
  bool known = false;
  for (folder *f = w->folders; f; f = f->next) {
    if (f->watch != watch) continue;
    f->watch = NO_WATCH;
    f->next_try = now;
    doubt_files(w, f, now);
    known = true;
  }
  if (known && moved) drop_watch(w, watch);
}

/* Whatever may have been in the events that did not fit: two looks find it. */
static void lose_events(watcher *w, double now) {
  for (size_t i = 0; i < w->count; i++) {
    w->files[i].writing = NO_WATCH;
    w->files[i].next_look = now;
  }
}

static void tell(watcher *w, file *f, int watch, uint32_t mask, double now) {
  if (mask & (IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) f->known = (snapshot){.exists = false};
  if (mask & IN_MODIFY)
    f->writing = watch;
  else if (!(mask & IN_ATTRIB))
    f->writing = NO_WATCH;
  f->told = true;
  w->last_event = now;
}

static void take_event(watcher *w, const struct inotify_event *event, double now) {
  if (event->mask & IN_Q_OVERFLOW) lose_events(w, now);
  if (event->mask & (IN_IGNORED | IN_MOVE_SELF)) lose_watch(w, event->wd, now, event->mask & IN_MOVE_SELF);
  for (size_t i = 0; event->len > 0 && i < w->count; i++) {
    file *f = &w->files[i];
    for (int p = 0; p < f->place_count; p++) {
      if (f->places[p].folder->watch == event->wd && strcmp(f->places[p].name, event->name) == 0)
        tell(w, f, event->wd, event->mask, now);
    }
  }
}

static void take_events(watcher *w, double now) {
  union {
    struct inotify_event event;
    char bytes[8192];
  } buffer;
  bool any = false;
  for (int part = 0;; part++) {
    /* A folder in which others write without end must not hold up the frame. The rest may tell of a watched file. */
    if (part == 8) w->last_event = now;
    ssize_t size = part < 8 ? read(w->events, &buffer, sizeof buffer) : 0;
    if (size <= 0) break;
    any = true;
    for (const char *at = buffer.bytes; at < buffer.bytes + size;) {
      const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
      take_event(w, event, now);
      at += sizeof *event + event->len;
    }
  }
  for (size_t i = 0; any && i < w->count; i++) {
    if (w->files[i].told) look(w, &w->files[i], now);
  }
}

#else

static void take_events(watcher *w, double now) { (void)w, (void)now; }

#endif

/* ---- Reports ---------------------------------------------------------------------------------------------------- */

/* A watch that is gone cannot tell any more that the file was closed. */
static bool is_being_written(const file *f) {
  for (int i = 0; i < f->place_count && f->writing != NO_WATCH; i++) {
    if (f->places[i].folder->watch == f->writing) return true;
  }
  return false;
}

static bool is_complete(const file *f, double now) {
  return !is_being_written(f) && f->settled && (f->seen.size > 0 || now - f->empty_at >= CONTENTS);
}

/* How many files are to be reported now: those that are ready. */
static size_t gather(watcher *w, double now) {
  double first = INFINITY;
  size_t ready = 0;
  bool all = true;
  w->pending = false;
  for (size_t i = 0; i < w->count; i++) {
    file *f = &w->files[i];
    if (f->changed && !f->settled && now - f->seen_at >= AGREE) look(w, f, now);
    f->ready = f->changed && is_complete(f, now);
    if (!f->changed) continue;
    w->pending = true;
    all = all && f->ready;
    if (!f->ready) continue;
    if (f->complete_at == 0) f->complete_at = now;
    first = fmin(first, f->complete_at);
    ready++;
  }
  bool quiet = all && now - w->last_event >= QUIET;
  return quiet || now - first >= AT_MOST ? ready : 0;
}

static void push_ready(lua_State *L, const watcher *w, size_t count, double now) {
  double real_now = seconds(CLOCK_REALTIME);
  lua_createtable(L, (int)count, 0);
  int item = 0;
  for (size_t i = 0; i < w->count; i++) {
    const file *f = &w->files[i];
    if (!f->ready) continue;
    double age = real_now - ((double)f->seen.time.tv_sec + (double)f->seen.time.tv_nsec * 1e-9);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, f->given);
    lua_setfield(L, -2, "path");
    lua_pushnumber(L, now - fmax(age, 0));
    lua_setfield(L, -2, "saved");
    lua_rawseti(L, -2, ++item);
  }
}

static void forget_ready(watcher *w) {
  for (size_t i = 0; i < w->count; i++) {
    file *f = &w->files[i];
    if (!f->ready) continue;
    f->known = f->seen;
    f->changed = f->ready = false;
    f->complete_at = f->empty_at = 0;
  }
}

/* ---- The watcher of a Lua state --------------------------------------------------------------------------------- */

static void forget_file(watcher *w, file *f) {
  leave_places(w, f->places, f->place_count);
  free(f->given);
  free(f->path);
  *f = w->files[--w->count];
}

static int close_watcher(lua_State *L) {
  watcher *w = lua_touserdata(L, 1);
  while (w->count > 0) forget_file(w, &w->files[w->count - 1]);
  free(w->files);
  w->files = NULL;
  w->capacity = 0;
  if (w->events >= 0) close(w->events);
  w->events = -1;
  w->closed = true;
  return 0;
}

static watcher *watcher_if_any(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &watcher_key);
  watcher *w = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return w;
}

static watcher *open_watcher(lua_State *L) {
  watcher *w = watcher_if_any(L);
  if (w) return w;
  w = lua_newuserdatauv(L, sizeof *w, 0);
  memset(w, 0, sizeof *w);
  w->events = -1;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, close_watcher);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &watcher_key);
  w->events = open_events();
  return w;
}

/* The file that is named so; of this absolute path unless that is NULL. */
static file *find_file(const watcher *w, const char *given, const char *path) {
  for (size_t i = 0; i < w->count; i++) {
    file *f = &w->files[i];
    if (strcmp(f->given, given) == 0 && (!path || strcmp(f->path, path) == 0)) return f;
  }
  return NULL;
}

static bool add_file(watcher *w, const char *given, const char *path, double now) {
  if (w->count == w->capacity) {
    size_t capacity = w->capacity ? 2 * w->capacity : 16;
    file *files = realloc(w->files, capacity * sizeof *files);
    if (!files) return false;
    w->files = files;
    w->capacity = capacity;
  }
  file *f = &w->files[w->count];
  *f = (file){.given = strdup(given), .path = strdup(path), .writing = NO_WATCH};
  if (!f->given || !f->path) return free(f->given), free(f->path), false;
  w->count++;
  look(w, f, now);
  if (is_heard(f)) f->next_look = now + SELDOM * (double)(w->count % 16 + 1) / 16; /* not all of a second's at once */
  f->known = f->seen;
  f->changed = false;
  f->empty_at = 0;
  return true;
}

static void make_absolute(lua_State *L, const char *given, char path[PATH_MAX]) {
  size_t used = 0;
  if (given[0] != '/') {
    if (!getcwd(path, PATH_MAX)) peri__lua_fail(L, "cannot watch '%s': %s", given, strerror(errno));
    used = strlen(path);
    if (used > 1) path[used++] = '/';
  }
  if (used + strlen(given) >= PATH_MAX) peri__lua_fail(L, "cannot watch '%.100s...': the path is too long", given);
  strcpy(path + used, given);
}

/* watch(path) */
int peri__lua_watch(lua_State *L) {
  const char *given = peri__lua_string(L, 1, NULL, NULL);
  char path[PATH_MAX];
  make_absolute(L, given, path);
  watcher *w = open_watcher(L);
  if (w->closed || find_file(w, given, path)) return 0;
  double now = seconds(CLOCK_MONOTONIC);
  if (w->events >= 0) take_events(w, now); /* those of its folder until now are not of its being watched */
  if (!add_file(w, given, path, now)) peri__lua_fail(L, "cannot watch '%s': no memory", given);
  return 0;
}

/* unwatch(path): in whichever working directory the path was given. */
int peri__lua_unwatch(lua_State *L) {
  const char *given = peri__lua_string(L, 1, NULL, NULL);
  watcher *w = watcher_if_any(L);
  for (file *f; w && (f = find_file(w, given, NULL));) forget_file(w, f);
  return 0;
}

/* changedFiles() → nil, or {{path, saved}, ...} */
int peri__lua_changed_files(lua_State *L) {
  lua_settop(L, 0);
  lua_pushnil(L);
  watcher *w = watcher_if_any(L);
  if (!w || w->count == 0) return 1;
  double now = seconds(CLOCK_MONOTONIC);
  if (w->events >= 0) take_events(w, now);
  look_around(w, now);
  size_t count = w->pending ? gather(w, now) : 0;
  if (count == 0) return 1;
  push_ready(L, w, count, now);
  forget_ready(w);
  return 1;
}
