#include "unit/test.h"

#include "media/media.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uint32_t number(const unsigned char *at) {
  return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

TEST(a_written_wav_comes_back_bit_for_bit) {
  const char *path = test_path("out.wav");
  float samples[1000 * 2];
  for (int i = 0; i < 2000; i++) samples[i] = (float)(i - 1000) / 333;
  peri_wav *wav = peri_wav_create(path, 2, 44100);
  CHECK(wav);
  CHECK(peri_wav_write(wav, samples, 300));
  CHECK(peri_wav_write(wav, NULL, 0));
  CHECK(peri_wav_write(wav, samples + 600, 700));
  CHECK(peri_wav_close(wav));
  size_t size;
  void *bytes = peri__read_file(path, &size);
  CHECK(bytes);
  CHECK_EQ(size, 58 + sizeof samples);
  CHECK(memcmp((char *)bytes + 58, samples, sizeof samples) == 0);
  peri__storage *storage = peri__decode("own", bytes, size, 0);
  CHECK(storage);
  CHECK_EQ(storage->frames, 1000);
  CHECK_NEAR(storage->sample_rate, 44100, 0);
  for (int i = 0; i < 1000; i++) CHECK(peri__storage_channel(storage, 1)[i] == samples[2 * i + 1]);
  peri__storage_drop(storage);
  peri__release(bytes, size);
}

TEST(a_wav_header_says_what_is_in_the_file) {
  const char *path = test_path("out.wav");
  float samples[3 * 10] = {0};
  peri_wav *wav = peri_wav_create(path, 3, 48000);
  CHECK(wav && peri_wav_write(wav, samples, 10) && peri_wav_close(wav));
  size_t size;
  unsigned char *bytes = peri__read_file(path, &size);
  CHECK_EQ(number(bytes + 4), size - 8);
  CHECK_EQ(number(bytes + 24), 48000);
  CHECK_EQ(number(bytes + 28), 48000 * 12);
  CHECK_EQ(number(bytes + 46), 10);
  CHECK_EQ(number(bytes + 54), size - 58);
  peri__release(bytes, size);
}

TEST(a_wav_that_cannot_be_made_says_why) {
  const char *path = test_path("out.wav");
  CHECK(!peri_wav_create("/nowhere/at/all.wav", 2, 48000));
  CHECK_ERROR("'/nowhere/at/all.wav' cannot be written: No such file or directory");
  CHECK(!peri_wav_create(path, 0, 48000));
  CHECK_ERROR("channels must be 1 to 32");
  CHECK(!peri_wav_create(path, 33, 48000));
  CHECK_ERROR("33");
  CHECK(!peri_wav_create(path, 1, NAN));
  CHECK_ERROR("sample rate");
  CHECK(!peri_wav_create(NULL, 1, 48000));
  CHECK(access(path, F_OK) != 0);
}

TEST(a_full_disk_is_noticed) {
  if (access("/dev/full", W_OK) != 0) return;
  peri_wav *wav = peri_wav_create("/dev/full", 2, 48000);
  CHECK(wav);
  float *samples = calloc(100000, sizeof *samples);
  CHECK(!peri_wav_write(wav, samples, 50000));
  CHECK_ERROR("No space left on device");
  CHECK(!peri_wav_close(wav));
  CHECK_ERROR("'/dev/full' cannot be written: No space left on device");
  wav = peri_wav_create("/dev/full", 2, 48000);
  CHECK(peri_wav_write(wav, samples, 1)); /* still in the buffer: closing notices */
  CHECK(!peri_wav_close(wav));
  CHECK_ERROR("No space left on device");
  free(samples);
}

TEST(a_wav_beyond_4_gib_is_refused_and_stays_whole) {
  const char *path = test_path("out.wav");
  float samples[2] = {0.5f, -0.5f};
  peri_wav *wav = peri_wav_create(path, 2, 48000);
  CHECK(peri_wav_write(wav, samples, 1));
  CHECK(!peri_wav_write(wav, samples, 536870912)); /* refused before the samples are looked at */
  CHECK_ERROR("ends at 4 GiB");
  CHECK(!peri_wav_write(wav, samples, UINT64_MAX));
  CHECK(peri_wav_write(wav, samples, 1));
  CHECK(peri_wav_close(wav));
  peri_file_info info;
  size_t size;
  void *bytes = peri__read_file(path, &size);
  CHECK(peri__inspect("own", bytes, size, &info));
  CHECK_EQ(info.frames, 2);
  peri__release(bytes, size);
}
