#include "unit/sound_file.h"

#include "media/media.h"

#include <stdio.h>
#include <stdlib.h>

#define MUSIC_FRAMES 441000

/* ---- Assets --------------------------------------------------------------------------------------------------- */

TEST(the_assets_name_their_loops_in_both_formats) {
  static const struct {
    const char *path;
    uint64_t start, end;
  } cases[] = {{"assets/music.ogg", 88200, 441000}, {"assets/music.wav", 88200, 441000},
               {"assets/engine.ogg", 0, 72000},     {"assets/engine.wav", 0, 72000},
               {"assets/laser.ogg", 0, 0},          {"assets/laser.wav", 0, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    peri_file_info info;
    CHECK(peri_file_inspect(cases[i].path, &info));
    CHECK_EQ(info.loop_start, cases[i].start);
    CHECK_EQ(info.loop_end, cases[i].end);
    size_t size;
    unsigned char *bytes = read_asset(cases[i].path, &size);
    static const double rates[] = {0, 48000, 22050};
    for (int k = 0; k < 3; k++) {
      peri_buffer *buffer = peri_buffer_decode(bytes, size, rates[k], PERI_FORMAT_F32);
      double start = -1, end = -1;
      CHECK_EQ(peri_buffer_get_loop(buffer, &start, &end), cases[i].end > 0);
      CHECK_NEAR(start, cases[i].end ? (double)cases[i].start / info.sample_rate : -1, 1e-12);
      CHECK_NEAR(end, cases[i].end ? (double)cases[i].end / info.sample_rate : -1, 1e-12);
      peri_buffer_release(buffer);
    }
    peri__release(bytes, size);
  }
}

TEST(a_loop_survives_copy_on_write) {
  peri_engine *engine = peri_engine_create(NULL);
  peri_buffer *buffer = peri_engine_load(engine, "assets/music.ogg", PERI_FORMAT_F32);
  CHECK(buffer);
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  CHECK(peri_source_create(engine, &def));
  float sample = 0.5f;
  CHECK(peri_buffer_write(buffer, 0, 0, &sample, 1));
  double start, end;
  CHECK(peri_buffer_get_loop(buffer, &start, &end));
  CHECK_NEAR(start, 2, 0);
  CHECK_NEAR(end, 10, 0);
  peri_buffer_release(buffer);
  peri_engine_destroy(engine);
}

TEST(a_made_buffer_names_no_loop) {
  peri_buffer *buffer = peri_buffer_create(1, 100, 48000);
  double start, end;
  CHECK(!peri_buffer_get_loop(buffer, &start, &end));
  peri_buffer_release(buffer);
}

/* ---- Vorbis comments ------------------------------------------------------------------------------------------ */

typedef struct comments {
  unsigned char bytes[1024];
  size_t size;
} comments;

/* A comment header of these comments, separated by "|". */
static comments make_comments(const char *text) {
  comments header = {.size = 0};
  unsigned char *at = header.bytes, *count;
  memcpy(at, "\3vorbis", 7);
  at = put(at + 7, 3, 4);
  memcpy(at, "own", 3);
  count = at + 3;
  at = count + 4;
  uint32_t written = 0;
  for (; *text; written++) {
    size_t length = strcspn(text, "|");
    at = put(at, (uint32_t)length, 4);
    memcpy(at, text, length);
    at += length;
    text += length + (text[length] == '|');
  }
  put(count, written, 4);
  *at++ = 1;
  header.size = (size_t)(at - header.bytes);
  return header;
}

/* Inspects music.ogg with another comment header. Its second page begins with that and holds the setup too. */
static peri_file_info with_header(const comments *header) {
  size_t size;
  unsigned char *bytes = read_asset("assets/music.ogg", &size), *page = bytes + 58, *table = page + 27;
  size_t old = 0, segments = 0, body = 27u + page[26];
  while (old += table[segments], table[segments++] == 255) continue;
  size_t kept = page[26] - segments, lacing = header->size / 255 + 1;
  unsigned char *made = malloc(size + header->size + 300), *at = made;
  memcpy(at, bytes, 58 + 27), at += 58 + 27;
  made[58 + 26] = (unsigned char)(lacing + kept);
  memset(at, 255, lacing - 1), at += lacing - 1;
  *at++ = (unsigned char)(header->size % 255);
  memcpy(at, table + segments, kept), at += kept;
  memcpy(at, header->bytes, header->size), at += header->size;
  size_t setup = 0;
  for (size_t i = 0; i < kept; i++) setup += table[segments + i];
  memcpy(at, page + body + old, setup), at += setup;
  mend_checksum(made + 58);
  size_t rest = (size_t)(page + body + old + setup - bytes), length = (size_t)(at - made) + size - rest;
  memcpy(at, bytes + rest, size - rest);
  unsigned char *exact = malloc(length); /* so that a sanitizer sees reading past the end */
  memcpy(exact, made, length);
  peri_file_info info;
  CHECK(peri__inspect("made.ogg", exact, length, &info));
  CHECK_EQ(info.frames, MUSIC_FRAMES);
  free(exact);
  free(made);
  peri__release(bytes, size);
  return info;
}

#define CHECK_COMMENTS(text, start, end)                                                                               \
  do {                                                                                                                 \
    comments header = make_comments(text);                                                                             \
    peri_file_info info = with_header(&header);                                                                        \
    CHECK_EQ(info.loop_start, start);                                                                                  \
    CHECK_EQ(info.loop_end, end);                                                                                      \
  } while (0)

TEST(vorbis_comments_name_a_loop_in_every_common_spelling) {
  CHECK_COMMENTS("LOOPSTART=100|LOOPLENGTH=500", 100, 600);
  CHECK_COMMENTS("title=x|LOOPEND=700|artist=y|LOOPSTART=100", 100, 700);
  CHECK_COMMENTS("loopstart=100|LoopLength=500", 100, 600);
  CHECK_COMMENTS("LOOP_START=100|LOOP_LENGTH=500", 100, 600);
  CHECK_COMMENTS("Loop_Start=100|loop_end=500", 100, 500);
  CHECK_COMMENTS("LOOP-START=0|LOOP-END=500", 0, 500);
  CHECK_COMMENTS("LOOPSTART=000|LOOPEND=441000", 0, MUSIC_FRAMES);
}

TEST(half_a_vorbis_loop_runs_to_the_end_or_from_the_beginning) {
  CHECK_COMMENTS("LOOPSTART=100", 100, MUSIC_FRAMES);
  CHECK_COMMENTS("LOOPLENGTH=500", 0, 500);
  CHECK_COMMENTS("LOOPEND=500", 0, 500);
}

TEST(malformed_vorbis_loop_tags_are_ignored) {
  static const char *const texts[] = {"",
                                      "title=x",
                                      "LOOPSTART=abc|LOOPLENGTH=500",
                                      "LOOPSTART=100|LOOPLENGTH=5e2",
                                      "LOOPSTART=-1|LOOPLENGTH=500",
                                      "LOOPSTART=100|LOOPLENGTH=-5",
                                      "LOOPSTART=|LOOPEND=500",
                                      "LOOPSTART|LOOPEND",
                                      "LOOPSTART=100|LOOPLENGTH=0",
                                      "LOOPSTART=100|LOOPEND=100",
                                      "LOOPSTART=100|LOOPEND=99",
                                      "LOOPSTART=441000",
                                      "LOOPSTART=0|LOOPEND=441001",
                                      "LOOPSTART=100|LOOPLENGTH=441000",
                                      "LOOPSTART=1.5|LOOPEND=500",
                                      "LOOPSTART= 1|LOOPEND=500",
                                      "LOOPSTART=100|LOOPEND=18446744073709551716",
                                      "LOOPSTART=999999999999999999|LOOPLENGTH=999999999999999999",
                                      "XLOOPEND=500",
                                      "LOOP__END=500",
                                      "LOOPENDS=500",
                                      "LOO",
                                      "LOOP_"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CHECK_COMMENTS(texts[i], 0, 0);
}

TEST(a_vorbis_comment_header_with_impossible_sizes_names_no_loop) {
  comments whole = make_comments("LOOPSTART=100|LOOPLENGTH=500|title=x");
  for (size_t size = 7; size < whole.size - 1; size++) {
    comments cut = whole;
    cut.size = size;
    CHECK_EQ(with_header(&cut).loop_end, 0);
  }
  static const size_t sizes[] = {7, 18, 35, 55}; /* of the encoder's name and of each comment */
  static const uint32_t lies[] = {0x7fffffff, 0xfffffffc, 0xffffffff, 1000};
  for (int i = 0; i < 16; i++) {
    comments lying = whole;
    put(lying.bytes + sizes[i % 4], lies[i / 4], 4);
    CHECK_EQ(with_header(&lying).loop_end, 0);
  }
  comments more = whole;
  put(more.bytes + 14, 0xffffffff, 4); /* comments */
  CHECK_EQ(with_header(&more).loop_end, 0);
}

/* ---- smpl ------------------------------------------------------------------------------------------------------ */

typedef struct sampler_plan {
  uint32_t loops, type, start, last;
  uint32_t size; /* of the chunk; 0: a header and the loops */
  bool in_front;
} sampler_plan;

static unsigned char *put_sampler(unsigned char *to, sampler_plan plan) {
  uint32_t size = plan.size ? plan.size : 36 + 24 * plan.loops;
  memcpy(to, "smpl", 4);
  put(to + 4, size, 4);
  unsigned char body[36 + 48] = {0};
  put(body + 28, plan.loops, 4);
  put(body + 36 + 4, plan.type, 4);
  put(body + 36 + 8, plan.start, 4);
  put(body + 36 + 12, plan.last, 4);
  put(body + 60 + 12, 1, 4); /* the second loop */
  size_t there = size < sizeof body ? size : sizeof body;
  memcpy(to + 8, body, there);
  return to + 8 + there;
}

/* A mono WAV of 100 frames of 8 bits with a smpl chunk. */
static peri_file_info with_sampler(sampler_plan plan) {
  unsigned char made[512], *at = made;
  memcpy(at, "RIFF....WAVEfmt ", 16);
  at = put(at + 16, 16, 4);
  at = put(at, 1, 2), at = put(at, 1, 2), at = put(at, 8000, 4), at = put(at, 8000, 4), at = put(at, 1, 2);
  at = put(at, 8, 2);
  if (plan.in_front) at = put_sampler(at, plan);
  memcpy(at, "data", 4);
  at = put(at + 4, 100, 4);
  memset(at, 128, 100), at += 100;
  if (!plan.in_front) at = put_sampler(at, plan);
  size_t size = (size_t)(at - made);
  put(made + 4, (uint32_t)size - 8, 4);
  unsigned char *exact = malloc(size);
  memcpy(exact, made, size);
  peri_file_info info;
  CHECK(peri__inspect("made.wav", exact, size, &info));
  peri__storage *storage = peri__decode("made.wav", exact, size, 0);
  CHECK(storage);
  CHECK_NEAR(storage->loop_start, (double)info.loop_start / 8000, 0);
  CHECK_NEAR(storage->loop_end, (double)info.loop_end / 8000, 0);
  peri__storage_drop(storage);
  free(exact);
  return info;
}

#define CHECK_SAMPLER(from, to, ...)                                                                                   \
  do {                                                                                                                 \
    peri_file_info info = with_sampler((sampler_plan){__VA_ARGS__});                                                   \
    CHECK_EQ(info.loop_start, from);                                                                                   \
    CHECK_EQ(info.loop_end, to);                                                                                       \
  } while (0)

TEST(the_first_loop_of_a_smpl_chunk_counts_and_its_end_is_inclusive) {
  CHECK_SAMPLER(10, 20, .loops = 1, .start = 10, .last = 19);
  CHECK_SAMPLER(10, 20, .loops = 1, .start = 10, .last = 19, .in_front = true);
  CHECK_SAMPLER(0, 100, .loops = 2, .last = 99);
  CHECK_SAMPLER(99, 100, .loops = 1, .start = 99, .last = 99);
}

TEST(a_smpl_chunk_that_makes_no_sense_is_ignored) {
  CHECK_SAMPLER(0, 0, .loops = 0);
  CHECK_SAMPLER(0, 0, .loops = 0, .start = 10, .last = 19, .size = 60);
  CHECK_SAMPLER(0, 0, .loops = 1, .start = 10, .last = 100);
  CHECK_SAMPLER(0, 0, .loops = 1, .start = 20, .last = 19);
  CHECK_SAMPLER(0, 0, .loops = 1, .start = 10, .last = 0xffffffff);
  CHECK_SAMPLER(0, 0, .loops = 1, .start = 0xffffffff, .last = 0xffffffff);
  CHECK_SAMPLER(0, 0, .loops = 1, .type = 1, .start = 10, .last = 19);
  CHECK_SAMPLER(0, 0, .loops = 1, .start = 10, .last = 19, .size = 59);
  CHECK_SAMPLER(0, 0, .loops = 1, .start = 10, .last = 19, .size = 4000); /* the file ends before */
}

/* ---- Limits ---------------------------------------------------------------------------------------------------- */

TEST(a_sound_that_resampling_makes_too_long_is_refused) {
  uint32_t frames = PERI_MAX_FRAMES / 256 + 1; /* 3 to 768 kHz is times 256 */
  unsigned char *made = malloc(44 + frames + 1), *at = made;
  memcpy(at, "RIFF....WAVEfmt ", 16);
  put(at + 4, 36 + frames, 4);
  at = put(at + 16, 16, 4);
  at = put(at, 1, 2), at = put(at, 1, 2), at = put(at, 3000, 4), at = put(at, 3000, 4), at = put(at, 1, 2);
  at = put(at, 8, 2);
  memcpy(at, "data", 4);
  memset(put(at + 4, frames, 4), 128, frames + 1);
  CHECK(!peri__decode("long.wav", made, 44 + frames + 1, 768000));
  CHECK_ERROR("'long.wav' cannot be decoded: it has 1073742080 frames; at most 1073741824 can be played");
  free(made);
}
