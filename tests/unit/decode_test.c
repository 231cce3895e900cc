#include "unit/sound_file.h"

#include "base/sdl.h"
#include "media/media.h"
#include "media/vorbis_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Files made here ------------------------------------------------------------------------------------------ */

typedef struct wav_plan {
  uint32_t tag, channels, rate, bits;
  uint32_t claimed; /* bytes of samples that the header says; 0: as many as there are */
  const void *samples;
  uint32_t size;
} wav_plan;

static unsigned char made[1 << 16];

static size_t make_wav(wav_plan plan) {
  uint32_t frame = plan.channels * plan.bits / 8, claimed = plan.claimed ? plan.claimed : plan.size;
  memcpy(made, "RIFF....WAVEfmt ", 16);
  put(made + 4, 36 + plan.size, 4);
  unsigned char *at = put(made + 16, 16, 4);
  at = put(at, plan.tag, 2);
  at = put(at, plan.channels, 2);
  at = put(at, plan.rate, 4);
  at = put(at, plan.rate * frame, 4);
  at = put(at, frame, 2);
  at = put(at, plan.bits, 2);
  memcpy(at, "data", 4);
  at = put(at + 4, claimed, 4);
  if (plan.size) memcpy(at, plan.samples, plan.size);
  return 44 + plan.size;
}

static peri__storage *decode_made(size_t size) { return peri__decode("made.wav", made, size, 0); }

/* Decoding and inspecting `bytes` fail, both with `why`, and nothing stays behind. */
static void refused(const char *name, const void *bytes, size_t size, const char *why) {
  uint64_t before = peri__memory_bytes();
  void *exact = malloc(size ? size : 1); /* so that a sanitizer sees reading past the end */
  if (size) memcpy(exact, bytes, size);
  peri_file_info info = {.channels = 77};
  CHECK(!peri__inspect(name, exact, size, &info));
  CHECK_ERROR(why);
  CHECK_EQ(info.channels, 77);
  CHECK(!peri__decode(name, exact, size, 0));
  CHECK_ERROR(why);
  CHECK_ERROR(name);
  CHECK_EQ(peri__memory_bytes(), before);
  free(exact);
}

/* ---- What decodes --------------------------------------------------------------------------------------------- */

TEST(the_laser_is_one_mono_buffer_of_57600_bytes) {
  size_t size;
  unsigned char *bytes = read_asset("assets/laser.ogg", &size);
  peri_file_info info;
  CHECK(peri__inspect("laser", bytes, size, &info));
  CHECK_STR(info.format, "Ogg Vorbis");
  CHECK_EQ(info.frames, 14400);
  CHECK_EQ(info.bytes, size);
  uint64_t before = peri__storage_bytes_alive();
  peri__storage *storage = peri__decode("laser", bytes, size, 48000);
  CHECK(storage);
  CHECK_EQ(storage->frames, 14400);
  CHECK_EQ(storage->channels, 1);
  CHECK_EQ(peri__storage_bytes_alive() - before, 57600);
  peri__storage_drop(storage);
  peri__release(bytes, size);
}

TEST(an_ogg_sounds_like_the_wav_it_was_made_from) {
  static const char *const names[][2] = {{"assets/laser.ogg", "assets/laser.wav"},
                                         {"assets/explosion.ogg", "assets/explosion.wav"},
                                         {"assets/music.ogg", "assets/music.wav"}};
  for (int k = 0; k < 3; k++) {
    size_t ogg_size, wav_size;
    unsigned char *ogg_bytes = read_asset(names[k][0], &ogg_size), *wav_bytes = read_asset(names[k][1], &wav_size);
    peri__storage *ogg = peri__decode(names[k][0], ogg_bytes, ogg_size, 0);
    peri__storage *wav = peri__decode(names[k][1], wav_bytes, wav_size, 0);
    CHECK(ogg && wav);
    CHECK_EQ(ogg->frames, wav->frames);
    CHECK_EQ(ogg->channels, wav->channels);
    double signal = 0, difference = 0;
    for (uint32_t i = 0; i < ogg->frames; i++) {
      double x = wav->samples[i], y = ogg->samples[i];
      signal += x * x, difference += (x - y) * (x - y);
    }
    CHECK(difference < signal / 4); /* a shift by few frames would make it larger */
    peri__storage_drop(ogg);
    peri__storage_drop(wav);
    peri__release(ogg_bytes, ogg_size);
    peri__release(wav_bytes, wav_size);
  }
}

TEST(every_integer_format_of_a_wav_decodes_to_its_value) {
  static const unsigned char u8[] = {0, 128, 255};
  static const int16_t s16[] = {-32768, 0, 16384};
  static const unsigned char s24[] = {0, 0, 0x80, 0, 0, 0, 0, 0, 0x40};
  static const int32_t s32[] = {INT32_MIN, 0, 1 << 30};
  const wav_plan plans[] = {{1, 1, 8000, 8, 0, u8, 3},
                            {1, 1, 8000, 16, 0, s16, 6},
                            {1, 1, 8000, 24, 0, s24, 9},
                            {1, 1, 8000, 32, 0, s32, 12}};
  for (int i = 0; i < 4; i++) {
    peri__storage *storage = decode_made(make_wav(plans[i]));
    CHECK(storage);
    CHECK_EQ(storage->frames, 3);
    CHECK_NEAR(storage->samples[0], -1, 0);
    CHECK_NEAR(storage->samples[1], 0, 0);
    CHECK_NEAR(storage->samples[2], i ? 0.5 : 127.0 / 128, 0);
    peri__storage_drop(storage);
  }
}

TEST(a_wav_of_32_channels_keeps_them_apart) {
  float samples[32 * 2];
  for (int i = 0; i < 64; i++) samples[i] = (float)i / 64;
  peri__storage *storage = decode_made(make_wav((wav_plan){3, 32, 48000, 32, 0, samples, sizeof samples}));
  CHECK(storage);
  CHECK_EQ(storage->channels, 32);
  for (uint32_t c = 0; c < 32; c++)
    for (uint32_t i = 0; i < 2; i++) CHECK(peri__storage_channel(storage, c)[i] == samples[i * 32 + c]);
  peri__storage_drop(storage);
}

TEST(decoding_resamples_to_the_rate_asked_for) {
  size_t size;
  unsigned char *bytes = read_asset("assets/music.ogg", &size);
  peri__storage *storage = peri__decode("music", bytes, size, 48000);
  CHECK(storage);
  CHECK_NEAR(storage->sample_rate, 48000, 0);
  CHECK_EQ(storage->frames, 480000);
  CHECK_EQ(storage->channels, 2);
  for (uint32_t i = storage->frames; i < storage->stride; i++) CHECK(storage->samples[i] == 0);
  peri__storage_drop(storage);
  peri__release(bytes, size);
}

TEST(samples_that_are_no_numbers_become_silent) {
  float samples[] = {0.25f, NAN, INFINITY, -INFINITY, 0.5f};
  peri__storage *storage = decode_made(make_wav((wav_plan){3, 1, 48000, 32, 0, samples, sizeof samples}));
  CHECK(storage);
  CHECK(storage->samples[0] == 0.25f && storage->samples[4] == 0.5f);
  for (int i = 1; i < 4; i++) CHECK(storage->samples[i] == 0);
  CHECK(!storage->nonfinite);
  peri__storage_drop(storage);
}

/* ---- What does not -------------------------------------------------------------------------------------------- */

TEST(a_file_that_cannot_be_read_says_why) {
  size_t size;
  CHECK(!peri__read_file("/nowhere/laser.ogg", &size));
  CHECK_ERROR("'/nowhere/laser.ogg' cannot be read: No such file or directory");
  CHECK(!peri__read_file("assets", &size));
  CHECK_ERROR("it is a folder");
  const char *path = test_path("fifo");
  CHECK_EQ(mkfifo(path, 0600), 0);
  CHECK(!peri__read_file(path, &size));
  CHECK_ERROR("not a regular file");
  unlink(path);
  fclose(fopen(path, "w"));
  CHECK(!peri__read_file(path, &size));
  CHECK_ERROR("the file is empty");
}

TEST(a_file_of_another_kind_is_named_and_the_known_kinds_too) {
  refused("empty", "", 0, "it is empty");
  refused("a", "hello there, this is text\n", 26, "it is text; WAV and Ogg Vorbis are known");
  refused("a.png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, "a PNG picture; WAV and Ogg Vorbis are known");
  refused("a.ogg", "ID3\4\0\0\0\0\0\0", 10, "an MP3 file");
  refused("a.mp3", "\xff\xfb\x90\x64", 4, "an MP3 file");
  refused("a.flac", "fLaC\0\0\0\x22", 8, "a FLAC file");
  refused("a.wav", "RIFX\0\0\0\0WAVE", 12, "RIFX");
  refused("a.wav", "RF64\xff\xff\xff\xffWAVE", 12, "RF64");
  refused("a.avi", "RIFF\0\0\0\0AVI LIST", 16, "no WAV");
  refused("a.bin", "\0\1\2\3", 4, "something else");
}

TEST(a_wav_with_an_impossible_header_says_what_is_wrong) {
  float samples[510] = {0};
  static const struct {
    wav_plan plan;
    uint32_t size;
    const char *why;
  } cases[] = {
      {{.tag = 3, .rate = 48000, .bits = 32}, 8, "it has 0 channels; 1 to 32 can be played"},
      {{.tag = 3, .channels = 255, .rate = 48000, .bits = 32}, 2040, "it has 255 channels"},
      {{.tag = 3, .channels = 2, .rate = 0, .bits = 32}, 8, "its sample rate is 0 Hz; 3000 to 768000 Hz"},
      {{.tag = 3, .channels = 2, .rate = 10000000, .bits = 32}, 8, "its sample rate is 10000000 Hz"},
      {{.tag = 3, .channels = 2, .rate = 48000, .bits = 64}, 80, "its samples are floats of 64 bits; 32 are known"},
      {{.tag = 1, .channels = 2, .rate = 48000, .bits = 12}, 80, "its samples have 12 bits"},
      {{.tag = 3, .channels = 2, .rate = 48000, .bits = 32}, 0, "no samples"},
      {{.tag = 3, .channels = 2, .rate = 48000, .bits = 32, .claimed = 0xfffffff0u},
       80,
       "it is truncated: it claims 4294967280 bytes of samples and holds 80"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    wav_plan plan = cases[i].plan;
    plan.samples = samples;
    plan.size = cases[i].size;
    refused("made.wav", made, make_wav(plan), cases[i].why);
  }
  size_t size = make_wav((wav_plan){0x1234, 2, 48000, 32, 0, samples, 80});
  CHECK(!decode_made(size));
  CHECK_ERROR("made.wav");
}

TEST(a_wav_cut_anywhere_is_refused) {
  float samples[20] = {0};
  size_t size = make_wav((wav_plan){3, 1, 48000, 32, 0, samples, sizeof samples});
  for (size_t length = 4; length < size; length++) refused("cut.wav", made, length, "truncated");
}

TEST(an_ogg_cut_anywhere_is_refused) {
  size_t size;
  unsigned char *bytes = read_asset("assets/laser.ogg", &size);
  for (size_t length = 4; length < size; length += length < 200 ? 1 : 37)
    refused("cut.ogg", bytes, length, "truncated");
  refused("cut.ogg", bytes, size - 1, "truncated");
  peri__release(bytes, size);
}

TEST(an_ogg_with_a_wrong_bit_anywhere_is_refused) {
  size_t size;
  unsigned char *bytes = read_asset("assets/laser.ogg", &size);
  for (size_t at = 0; at < size; at += 61) {
    bytes[at] ^= 4;
    refused("bent.ogg", bytes, size, "bent.ogg");
    bytes[at] ^= 4;
  }
  peri__release(bytes, size);
}

TEST(an_ogg_with_an_impossible_header_says_what_is_wrong) {
  static const struct {
    size_t at;
    uint32_t value;
    int bytes;
    const char *why;
  } cases[] = {
      {28 + 11, 0, 1, "it has 0 channels"},
      {28 + 11, 255, 1, "it has 255 channels"},
      {28 + 11, 17, 1, "it has 17 channels; of Ogg Vorbis, up to 16"},
      {28 + 12, 0, 4, "its sample rate is 0 Hz"},
      {28 + 12, 10000000, 4, "its sample rate is 10000000 Hz"},
      {28 + 28, 0x5f, 1, "block sizes"},
      {28 + 7, 1, 4, "Vorbis header is wrong"},
      {4, 1, 1, "Ogg version 1"},
  };
  size_t size;
  unsigned char *bytes = read_asset("assets/laser.ogg", &size), first[58];
  memcpy(first, bytes, sizeof first);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    put(bytes + cases[i].at, cases[i].value, cases[i].bytes);
    mend_checksum(bytes);
    refused("odd.ogg", bytes, size, cases[i].why);
    memcpy(bytes, first, sizeof first);
  }
  peri__release(bytes, size);
}

static size_t make_ogg_page(const char *body, size_t size) {
  memset(made, 0, 64);
  memcpy(made, "OggS\0\2", 6);
  made[26] = 1;
  made[27] = (unsigned char)size;
  memcpy(made + 28, body, size);
  mend_checksum(made);
  return 28 + size;
}

TEST(an_ogg_of_another_codec_is_named) {
  size_t size = make_ogg_page("OpusHead\1\2\0\0\0\0\0\0\0\0\0", 19);
  refused("a.opus", made, size, "it holds Opus in an Ogg; of Ogg files, Vorbis is known");
  size = make_ogg_page("\x7f"
                       "FLAC\1\0\0\1fLaC\0\0\0\0",
                       17);
  refused("a.oga", made, size, "it holds FLAC in an Ogg");
  refused("a.spx", made, make_ogg_page("Speex   1.2 and more", 20), "Speex");
  refused("a.ogg", made, make_ogg_page("????????", 8), "a format that is not known");
}

TEST(a_chain_of_oggs_is_refused) {
  size_t size;
  unsigned char *bytes = read_asset("assets/laser.ogg", &size), *twice = malloc(2 * size);
  memcpy(twice, bytes, size);
  memcpy(twice + size, bytes, size);
  refused("chain.ogg", twice, 2 * size, "chain of several Ogg streams");
  free(twice);
  peri__release(bytes, size);
}

TEST(a_missing_ogg_page_is_noticed) {
  size_t size, at = 0;
  unsigned char *bytes = read_asset("assets/music.ogg", &size);
  for (int page = 0; page < 4; page++) {
    size_t length = 27u + bytes[at + 26];
    for (int i = 0; i < bytes[at + 26]; i++) length += bytes[at + 27 + (size_t)i];
    if (page < 3) {
      at += length;
    } else {
      memmove(bytes + at, bytes + at + length, size - at - length);
      refused("gap.ogg", bytes, size - length, "pages are missing");
    }
  }
  peri__release(bytes, size);
}

static SDL_AudioSpec *SDLCALL no_wav(SDL_RWops *source, int freesrc, SDL_AudioSpec *spec, Uint8 **bytes,
                                     Uint32 *length) {
  (void)source, (void)freesrc, (void)spec, (void)bytes, (void)length;
  return NULL;
}
static const char *SDLCALL own_error(void) { return "not today"; }
static SDL_RWops *SDLCALL own_source(const void *memory, int size) {
  (void)memory, (void)size;
  static SDL_RWops source;
  return &source;
}

TEST(what_sdl_refuses_is_refused_in_its_words) {
  peri__sdl fake = {.LoadWAV_RW = no_wav, .GetError = own_error, .RWFromConstMem = own_source};
  float samples[2] = {0};
  size_t size = make_wav((wav_plan){3, 1, 48000, 32, 0, samples, 8});
  peri__sdl_replace(&fake);
  peri__storage *storage = decode_made(size);
  peri__sdl_replace(NULL);
  CHECK(!storage);
  CHECK_ERROR("'made.wav' cannot be decoded: not today");
}

/* ---- The Vorbis setup header --------------------------------------------------------------------------------- */

/* The least setup header: one codebook of two entries with values, one floor, one residue, one mapping, one mode. What
 * a plan changes makes it one that stb_vorbis must not see. */
typedef struct setup_plan {
  uint32_t dimensions, entries, length, lookup;
  uint32_t class_book, residue_type, residue_end, classifications, submaps, mapping, sync;
} setup_plan;

static const setup_plan sound_setup = {1, 2, 1, 1, 0, 1, 64, 1, 1, 0, 0x564342};
static size_t setup_bits;

static void bits(uint32_t value, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, setup_bits++) {
    if (setup_bits % 8 == 0) made[setup_bits / 8] = 0;
    made[setup_bits / 8] |= (unsigned char)((value >> i & 1) << setup_bits % 8);
  }
}

static size_t make_setup(setup_plan plan, uint32_t channels) {
  setup_bits = 0;
  bits(0, 8), bits(plan.sync, 24), bits(plan.dimensions, 16), bits(plan.entries, 24), bits(0, 2);
  uint32_t written = plan.entries < 1000 ? plan.entries : 1000;
  for (uint32_t i = 0; i < written; i++) bits(plan.length - 1, 5);
  bits(plan.lookup, 4);
  if (plan.lookup) bits(0, 32), bits(0, 32), bits(0, 5);
  for (uint32_t i = 0; plan.lookup && i < written; i++) bits(0, 1);
  bits(0, 6), bits(0, 16);                                     /* times */
  bits(0, 6), bits(1, 16), bits(0, 5), bits(0, 2), bits(4, 4); /* floors */
  bits(0, 6), bits(plan.residue_type, 16), bits(0, 24), bits(plan.residue_end, 24), bits(7, 24);
  bits(plan.classifications - 1, 6), bits(plan.class_book, 8);
  for (uint32_t i = 0; i < plan.classifications; i++) bits(1, 4);
  for (uint32_t i = 0; i < plan.classifications; i++) bits(0, 8);
  bits(0, 6), bits(0, 16), bits(plan.submaps > 1, 1); /* mappings */
  if (plan.submaps > 1) bits(plan.submaps - 1, 4);
  bits(0, 3);
  for (uint32_t i = 0; plan.submaps > 1 && i < channels; i++) bits(0, 4);
  for (uint32_t i = 0; i < plan.submaps; i++) bits(0, 24);
  bits(0, 6), bits(0, 1), bits(0, 32), bits(plan.mapping, 8), bits(1, 1); /* modes */
  return (setup_bits + 7) / 8;
}

static const char *check_setup(setup_plan plan, uint32_t channels) {
  peri__vorbis_form form = {.channels = channels, .block = {256, 2048}};
  size_t size = make_setup(plan, channels);
  const char *problem = peri__vorbis_check_setup(made, size, &form);
  return problem ? problem : "fine";
}

#define CHECK_SETUP(wanted, channels, ...)                                                                             \
  do {                                                                                                                 \
    setup_plan plan = sound_setup;                                                                                     \
    __VA_ARGS__;                                                                                                       \
    CHECK(strstr(check_setup(plan, channels), wanted));                                                                \
  } while (0)

TEST(a_vorbis_setup_is_checked_before_stb_vorbis_sees_it) {
  CHECK_SETUP("fine", 2, (void)0);
  CHECK_SETUP("corrupted", 2, plan.sync = 0x564343);
  CHECK_SETUP("corrupted", 2, plan.entries = 0);
  CHECK_SETUP("corrupted", 2, plan.dimensions = 0);
  CHECK_SETUP("corrupted", 2, plan.length = 2);  /* the tree is not full */
  CHECK_SETUP("corrupted", 2, plan.entries = 3); /* it is too full */
  CHECK_SETUP("fine", 2, plan.entries = 1);      /* the one exception */
  CHECK_SETUP("corrupted", 2, (plan.entries = 1, plan.length = 3));
  CHECK_SETUP("unreasonably large", 2, plan.entries = 0xffffff);
  CHECK_SETUP("unreasonably large", 2, plan.dimensions = 0xffff, plan.entries = 512);
  CHECK_SETUP("corrupted", 2, plan.lookup = 3);
  CHECK_SETUP("corrupted", 2, plan.lookup = 0); /* a residue's book without values */
  CHECK_SETUP("corrupted", 2, plan.class_book = 1);
  CHECK_SETUP("corrupted", 2, plan.classifications = 3); /* more than the book can name */
  CHECK_SETUP("corrupted", 2, plan.residue_type = 3);
  CHECK_SETUP("fine", 2, plan.submaps = 15);
  CHECK_SETUP("16 submaps", 2, plan.submaps = 16);
  CHECK_SETUP("corrupted", 2, plan.mapping = 1);
}

TEST(coupled_surround_that_stb_vorbis_would_turn_to_noise_is_refused) {
  CHECK_SETUP("fine", 2, (plan.residue_type = 2, plan.residue_end = 512));
  CHECK_SETUP("fine", 5, (plan.residue_type = 1, plan.residue_end = 512));
  CHECK_SETUP("fine", 5, (plan.residue_type = 2, plan.residue_end = 256));
  CHECK_SETUP("surround", 5, (plan.residue_type = 2, plan.residue_end = 257));
}

TEST(a_vorbis_setup_cut_anywhere_is_refused) {
  peri__vorbis_form form = {.channels = 2, .block = {256, 2048}};
  size_t size = make_setup(sound_setup, 2);
  for (size_t length = 0; length < size; length++) {
    unsigned char *exact = malloc(length + 1);
    memcpy(exact, made, length);
    CHECK(peri__vorbis_check_setup(exact, length, &form) != NULL);
    free(exact);
  }
}
