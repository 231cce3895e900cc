#include "unit/test.h"

#include "base/sdl.h"
#include "base/thread.h"
#include "device/device.h"

#include <stdlib.h>

/* ---- Who renders ---------------------------------------------------------------------------------------------- */

static atomic_int inside, collisions, fills;
static atomic_ullong frames;
static atomic_bool slow;

static void fill(void *user, float *out, uint32_t count) {
  if (atomic_fetch_add(&inside, 1) != 0) atomic_fetch_add(&collisions, 1);
  for (uint32_t i = 0; i < count * *(uint32_t *)user; i++) out[i] = (float)(i % *(uint32_t *)user) + 1;
  if (atomic_load(&slow)) peri__sleep_until(peri__nanoseconds() + 20000000);
  atomic_fetch_add(&frames, count);
  atomic_fetch_add(&fills, 1);
  atomic_fetch_sub(&inside, 1);
}

static uint32_t channels;

static peri__device *open_device(peri_device_kind kind, uint32_t wanted_channels) {
  channels = wanted_channels;
  atomic_store(&fills, 0);
  atomic_store(&frames, 0);
  atomic_store(&collisions, 0);
  peri__device_plan plan = {kind, 48000, wanted_channels, 256, fill, &channels};
  peri__device *device = peri__device_open(&plan);
  CHECK(device);
  return device;
}

static void pass_time(void) { peri__sleep_until(peri__nanoseconds() + 1000000); }

static void wait_for_fills(int count) {
  int wanted = atomic_load(&fills) + count;
  for (int i = 0; i < 5000 && atomic_load(&fills) < wanted; i++) pass_time();
  CHECK(atomic_load(&fills) >= wanted);
}

static void no_more_fills(void) {
  int before = atomic_load(&fills);
  for (int i = 0; i < 20; i++) pass_time();
  CHECK_EQ(atomic_load(&fills), before);
}

static peri_device_info info_of(peri__device *device) {
  peri_device_info info;
  peri__device_get_info(device, &info);
  return info;
}

/* ---- An SDL whose output comes and goes ----------------------------------------------------------------------- */

static struct {
  atomic_bool present, lost, paused, quit, driver;
  atomic_int subsystem, events, opened, open_now;
  SDL_AudioSpec spec;
  peri__thread thread;
  float block[256 * 8];
  bool signals_forbidden, takes_signals;
} fake;

static void play(void *user) {
  (void)user;
  while (!atomic_load(&fake.quit)) {
    if (!atomic_load(&fake.paused))
      fake.spec.callback(fake.spec.userdata, (Uint8 *)fake.block,
                         (int)(fake.spec.samples * fake.spec.channels * sizeof(float)));
    pass_time();
  }
}

/* Audio and events are counted as SDL counts them: audio brings events, and takes them along. */
static int SDLCALL fake_init(Uint32 flags) {
  CHECK(flags == SDL_INIT_AUDIO || flags == SDL_INIT_EVENTS);
  if (!atomic_load(&fake.driver)) return -1;
  if (flags == SDL_INIT_AUDIO) atomic_fetch_add(&fake.subsystem, 1);
  if (atomic_fetch_add(&fake.events, 1) == 0 && !fake.signals_forbidden) fake.takes_signals = true;
  return 0;
}
static void SDLCALL fake_quit(Uint32 flags) {
  CHECK(flags == SDL_INIT_AUDIO || flags == SDL_INIT_EVENTS);
  if (flags == SDL_INIT_AUDIO) CHECK_EQ(atomic_load(&fake.open_now), 0);
  if (flags == SDL_INIT_AUDIO) atomic_fetch_sub(&fake.subsystem, 1);
  CHECK(atomic_load(&fake.events) > 0);
  if (atomic_fetch_sub(&fake.events, 1) == 1) fake.takes_signals = false;
}
static Uint32 SDLCALL fake_was_init(Uint32 flags) {
  CHECK_EQ(flags, SDL_INIT_EVENTS);
  return atomic_load(&fake.events) > 0 ? SDL_INIT_EVENTS : 0;
}
static const char *SDLCALL fake_error(void) { return "nothing is plugged in"; }
static const char *SDLCALL fake_driver(void) { return "fake"; }
static const char *SDLCALL fake_get_hint(const char *name) { return (void)name, NULL; }
static SDL_bool SDLCALL fake_set_hint(const char *name, const char *value) {
  CHECK_STR(name, SDL_HINT_NO_SIGNAL_HANDLERS);
  fake.signals_forbidden = value != NULL;
  return SDL_TRUE;
}
static SDL_AudioDeviceID SDLCALL fake_open(const char *name, int capture, const SDL_AudioSpec *wanted,
                                           SDL_AudioSpec *got, int changes) {
  CHECK(name == NULL && capture == 0 && changes == 0);
  CHECK(atomic_load(&fake.subsystem) > 0);
  if (!atomic_load(&fake.present)) return 0;
  CHECK_EQ(atomic_fetch_add(&fake.open_now, 1), 0);
  fake.spec = *got = *wanted;
  atomic_store(&fake.lost, false);
  atomic_store(&fake.paused, true);
  atomic_store(&fake.quit, false);
  CHECK(peri__thread_start(&fake.thread, "fake-sdl", play, NULL));
  return (SDL_AudioDeviceID)(2 + atomic_fetch_add(&fake.opened, 1));
}
static void SDLCALL fake_close(SDL_AudioDeviceID id) {
  CHECK_EQ(id, 1 + atomic_load(&fake.opened));
  atomic_store(&fake.quit, true);
  peri__thread_join(fake.thread);
  atomic_fetch_sub(&fake.open_now, 1);
}
static void SDLCALL fake_pause(SDL_AudioDeviceID id, int pause) {
  CHECK_EQ(id, 1 + atomic_load(&fake.opened));
  atomic_store(&fake.paused, pause != 0);
}
static SDL_AudioStatus SDLCALL fake_status(SDL_AudioDeviceID id) {
  CHECK_EQ(id, 1 + atomic_load(&fake.opened));
  if (atomic_load(&fake.lost)) return SDL_AUDIO_STOPPED; /* as SDL 2 does, the callback goes on */
  return atomic_load(&fake.paused) ? SDL_AUDIO_PAUSED : SDL_AUDIO_PLAYING;
}

static const peri__sdl fake_sdl = {.InitSubSystem = fake_init,
                                   .QuitSubSystem = fake_quit,
                                   .WasInit = fake_was_init,
                                   .GetError = fake_error,
                                   .GetCurrentAudioDriver = fake_driver,
                                   .OpenAudioDevice = fake_open,
                                   .CloseAudioDevice = fake_close,
                                   .PauseAudioDevice = fake_pause,
                                   .GetAudioDeviceStatus = fake_status,
                                   .GetHint = fake_get_hint,
                                   .SetHint = fake_set_hint};

static void use_fake(bool driver, bool present) {
  memset(&fake, 0, sizeof fake);
  atomic_store(&fake.driver, driver);
  atomic_store(&fake.present, present);
  peri__sdl_replace(&fake_sdl);
}

static void close_and_check(peri__device *device) {
  peri__device_close(device);
  CHECK_EQ(atomic_load(&collisions), 0);
  CHECK_EQ(atomic_load(&inside), 0);
  no_more_fills();
  CHECK_EQ(atomic_load(&fake.open_now), 0);
  CHECK_EQ(atomic_load(&fake.subsystem), 0);
  CHECK_EQ(atomic_load(&fake.events), fake.takes_signals ? 1 : 0); /* the program's own */
  peri__sdl_replace(NULL);
}

static void watch_until(peri__device *device, peri_device_kind kind) {
  for (int i = 0; i < 12 && info_of(device).kind != kind; i++) peri__device_watch(device);
  CHECK_EQ(info_of(device).kind, kind);
}

/* ---- SDL's output --------------------------------------------------------------------------------------------- */

TEST(an_sdl_device_renders_until_it_is_closed) {
  uint64_t before = peri__memory_bytes();
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 2);
  CHECK_EQ(info_of(device).kind, PERI_DEVICE_SDL);
  CHECK_EQ(info_of(device).block_size, 256);
  CHECK_STR(info_of(device).name, "fake");
  CHECK_EQ(fake.spec.format, AUDIO_F32SYS);
  CHECK_EQ(fake.spec.channels, 2);
  CHECK_EQ(fake.spec.freq, 48000);
  wait_for_fills(3);
  close_and_check(device);
  CHECK_EQ(peri__memory_bytes(), before);
}

TEST(a_program_that_asks_for_sdls_events_gets_them_with_their_signals_before_or_after_the_device) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 2);
  CHECK(!fake.takes_signals);
  CHECK_EQ(fake_init(SDL_INIT_EVENTS), 0);
  CHECK(fake.takes_signals);
  close_and_check(device);

  use_fake(true, true);
  CHECK_EQ(fake_init(SDL_INIT_EVENTS), 0);
  device = open_device(PERI_DEVICE_SDL, 2);
  CHECK(fake.takes_signals);
  close_and_check(device);
}

TEST(a_lost_device_is_replaced_by_the_next_default) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 2);
  peri__device_watch(device);
  CHECK_EQ(peri__device_losses(device), 0);
  atomic_store(&fake.lost, true);
  peri__device_watch(device);
  CHECK_EQ(peri__device_losses(device), 1);
  CHECK_EQ(info_of(device).kind, PERI_DEVICE_SDL);
  CHECK_EQ(atomic_load(&fake.opened), 2);
  wait_for_fills(3);
  close_and_check(device);
}

TEST(the_null_device_stands_in_until_an_output_appears) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 2);
  wait_for_fills(1);
  atomic_store(&fake.present, false);
  atomic_store(&fake.lost, true);
  peri__device_watch(device);
  CHECK_EQ(info_of(device).kind, PERI_DEVICE_NULL);
  CHECK_EQ(info_of(device).asked, PERI_DEVICE_SDL);
  CHECK_STR(info_of(device).name, "null");
  CHECK_EQ(peri__device_losses(device), 1);
  wait_for_fills(2);
  for (int i = 0; i < 30; i++) peri__device_watch(device);
  CHECK_EQ(info_of(device).kind, PERI_DEVICE_NULL);
  CHECK_EQ(atomic_load(&fake.subsystem), 0);
  atomic_store(&fake.present, true);
  watch_until(device, PERI_DEVICE_SDL);
  CHECK_EQ(peri__device_losses(device), 1);
  wait_for_fills(2);
  close_and_check(device);
}

TEST(without_an_output_the_null_device_renders) {
  for (int driver = 0; driver < 2; driver++) {
    use_fake(driver, false);
    peri__device *device = open_device(PERI_DEVICE_SDL, 2);
    CHECK_EQ(info_of(device).kind, PERI_DEVICE_NULL);
    CHECK_EQ(info_of(device).asked, PERI_DEVICE_SDL);
    CHECK_EQ(peri__device_losses(device), 0);
    wait_for_fills(2);
    atomic_store(&fake.driver, true);
    atomic_store(&fake.present, true);
    watch_until(device, PERI_DEVICE_SDL);
    close_and_check(device);
  }
}

TEST(a_device_that_comes_and_goes_renders_from_one_thread_at_a_time) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 2);
  for (int i = 0; i < 20; i++) {
    atomic_store(&fake.present, i % 3 != 0);
    atomic_store(&fake.lost, true);
    peri__device_watch(device);
    pass_time();
    atomic_store(&fake.present, true);
    watch_until(device, PERI_DEVICE_SDL);
  }
  CHECK_EQ(peri__device_losses(device), 20);
  close_and_check(device);
}

TEST(a_paused_device_stays_paused_through_a_loss) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 2);
  wait_for_fills(1);
  peri__device_set_paused(device, true);
  CHECK(info_of(device).paused);
  for (int i = 0; i < 5; i++) pass_time(); /* the fake lets a callback under way finish */
  no_more_fills();
  atomic_store(&fake.present, false);
  atomic_store(&fake.lost, true);
  peri__device_watch(device);
  CHECK_EQ(info_of(device).kind, PERI_DEVICE_NULL);
  no_more_fills();
  atomic_store(&fake.present, true);
  watch_until(device, PERI_DEVICE_SDL);
  no_more_fills();
  peri__device_set_paused(device, false);
  wait_for_fills(2);
  close_and_check(device);
}

TEST(beyond_eight_channels_the_first_eight_are_heard) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 12);
  CHECK_EQ(fake.spec.channels, 8);
  wait_for_fills(2);
  close_and_check(device);
  for (int i = 0; i < 256 * 8; i++) CHECK_NEAR(fake.block[i], i % 8 + 1, 0);
}

TEST(three_channels_go_out_as_four_with_one_silent) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 3);
  CHECK_EQ(fake.spec.channels, 4);
  wait_for_fills(2);
  close_and_check(device);
  for (int i = 0; i < 256 * 4; i++) CHECK_NEAR(fake.block[i], i % 4 == 3 ? 0 : i % 4 + 1, 0);
}

TEST(a_callback_that_takes_too_long_is_an_underrun) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 2);
  atomic_store(&slow, true);
  wait_for_fills(2);
  atomic_store(&slow, false);
  CHECK(peri__device_underruns(device) > 0);
  close_and_check(device);
}

/* watch, pause and info from other threads while the output comes and goes */
static atomic_bool racing;
static void race(void *user) {
  for (unsigned i = 0; atomic_load(&racing); i++) {
    peri_device_info info;
    peri__device_watch((peri__device *)user);
    peri__device_set_paused((peri__device *)user, i % 3 == 0);
    peri__device_get_info((peri__device *)user, &info);
  }
}

TEST(watching_pausing_and_losing_may_race) {
  use_fake(true, true);
  peri__device *device = open_device(PERI_DEVICE_SDL, 2);
  peri__thread threads[2];
  atomic_store(&racing, true);
  for (int i = 0; i < 2; i++) CHECK(peri__thread_start(&threads[i], "race", race, device));
  for (int i = 0; i < 60; i++) {
    atomic_store(&fake.present, i % 2);
    atomic_store(&fake.lost, true);
    pass_time();
  }
  atomic_store(&racing, false);
  for (int i = 0; i < 2; i++) peri__thread_join(threads[i]);
  peri__device_set_paused(device, false);
  wait_for_fills(1);
  close_and_check(device);
}

static bool has_null_driver(void) {
  setenv("SDL_AUDIODRIVER", "dummy", 1);
  return peri__sdl_functions() != NULL;
}

TEST(sdls_own_dummy_output_renders) {
  if (!has_null_driver()) return;
  for (uint32_t count = 1; count <= 9; count++) {
    peri__device *device = open_device(PERI_DEVICE_SDL, count);
    peri_device_info info = info_of(device);
    CHECK_EQ(info.kind, PERI_DEVICE_SDL);
    CHECK_STR(info.name, "dummy");
    wait_for_fills(2);
    CHECK_EQ(atomic_load(&frames) % 256, 0);
    peri__device_watch(device);
    CHECK_EQ(peri__device_losses(device), 0);
    peri__device_close(device);
    CHECK_EQ(atomic_load(&collisions), 0);
  }
  no_more_fills();
  unsetenv("SDL_AUDIODRIVER");
}

/* ---- The clocked null device ---------------------------------------------------------------------------------- */

TEST(the_null_device_keeps_the_pace) {
  peri__device *device = open_device(PERI_DEVICE_NULL, 2);
  CHECK_EQ(info_of(device).kind, PERI_DEVICE_NULL);
  uint64_t begin = peri__nanoseconds();
  while (peri__nanoseconds() - begin < 300000000u) pass_time();
  unsigned long long rendered = atomic_load(&frames);
  double seconds = (double)(peri__nanoseconds() - begin) * 1e-9;
  CHECK((double)rendered <= seconds * 48000 + 2 * 256);
  CHECK((double)rendered >= seconds * 48000 / 3); /* a busy machine may be late, never early */
  peri__device_close(device);
  no_more_fills();
}

TEST(the_null_device_does_not_catch_up_a_pause) {
  peri__device *device = open_device(PERI_DEVICE_NULL, 1);
  wait_for_fills(1);
  peri__device_set_paused(device, true);
  no_more_fills();
  unsigned long long before = atomic_load(&frames);
  for (int i = 0; i < 150; i++) pass_time();
  uint64_t begin = peri__nanoseconds();
  peri__device_set_paused(device, false);
  wait_for_fills(2);
  double seconds = (double)(peri__nanoseconds() - begin) * 1e-9;
  CHECK((double)(atomic_load(&frames) - before) <= seconds * 48000 + 2 * 256);
  peri__device_close(device);
}

TEST(the_null_device_closes_at_once) {
  channels = 1;
  peri__device_plan plan = {PERI_DEVICE_NULL, 3000, 1, 8192, fill, &channels}; /* a block of 2.7 s */
  uint64_t begin = peri__nanoseconds();
  peri__device_close(peri__device_open(&plan));
  CHECK(peri__nanoseconds() - begin < 1000000000u);
  peri__device_close(NULL);
}

TEST(a_device_of_an_unknown_kind_is_refused) {
  peri__device_plan plan = {PERI_DEVICE_NONE, 48000, 2, 512, fill, &channels};
  CHECK(!peri__device_open(&plan));
  CHECK_ERROR("the kind must be SDL or null");
}
