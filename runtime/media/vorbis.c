/* Ogg Vorbis. stb_vorbis decodes, but sees a stream that was checked and written anew: the pages' checksums and
 * order hold, the comment header is empty (its parser trusts the sizes that it reads), the setup header was walked
 * through, every packet is an audio packet of a known mode, and no page has a time. Where sound begins and ends is
 * reckoned here, from the packets' block sizes and the pages' times (Vorbis I, appendix A.2). */
#include "media/ogg.h"
#include "media/vorbis_setup.h"

#include <string.h>

#define STB_VORBIS_HEADER_ONLY
#include <stb/stb_vorbis.h>

#define MAX_CHANNELS 16 /* as stb_vorbis is built */

typedef struct stream {
  const peri__sound_file *file;
  peri__vorbis_form form;
  uint32_t sample_rate;
  peri__loop loop;    /* as the comments say */
  uint32_t mode_bits; /* that name a mode in a packet */

  /* Of the audio packets so far. */
  uint64_t packets, frames; /* a packet makes a quarter of its block and of the one before */
  uint32_t last_block;
  uint32_t skip; /* frames that stb_vorbis makes before the first */
  bool timed;
  int64_t first_granule; /* the first time less the frames up to there: where the stream begins */
  int64_t granule;       /* the last */
} stream;

/* ---- Headers -------------------------------------------------------------------------------------------------- */

static bool read_identification(stream *s, const peri__packet *packet) {
  const unsigned char *header = packet->bytes;
  if (packet->size != 30 || peri__little_32(header + 7) != 0 || !(header[29] & 1))
    return peri__cannot_decode(s->file, "it is corrupted: its Vorbis header is wrong");
  s->form.channels = header[11];
  s->sample_rate = peri__little_32(header + 12);
  uint32_t low = header[28] & 15, high = header[28] >> 4;
  if (low < 6 || high > 13 || low > high)
    return peri__cannot_decode(s->file, "it is corrupted: its block sizes are wrong");
  s->form.block[0] = 1u << low;
  s->form.block[1] = 1u << high;
  if (!peri__can_play(s->file, s->form.channels, s->sample_rate, 1)) return false;
  if (s->form.channels <= MAX_CHANNELS) return true;
  return peri__cannot_decode(s->file, "it has %u channels; of Ogg Vorbis, up to %d can be decoded", s->form.channels,
                             MAX_CHANNELS);
}

static bool next_header(stream *s, peri__ogg_reader *reader, const char *magic, peri__packet *packet) {
  if (!peri__ogg_next(reader, packet))
    return reader->failed ? false : peri__cannot_decode(s->file, "it is truncated: it ends within its headers");
  if (packet->size >= 7 && memcmp(packet->bytes, magic, 7) == 0) return true;
  return peri__cannot_decode(s->file, "it is corrupted: a Vorbis header is missing");
}

static bool read_headers(stream *s, peri__ogg_reader *reader, peri__ogg_writer *writer) {
  static const unsigned char no_comments[] = "\3vorbis\0\0\0\0\0\0\0\0\1";
  peri__packet packet;
  if (!next_header(s, reader, "\1vorbis", &packet) || !read_identification(s, &packet)) return false;
  if (!peri__ogg_write(writer, packet.bytes, packet.size)) return false;
  peri__ogg_end_page(writer); /* stands alone, as stb_vorbis wants it */
  if (!next_header(s, reader, "\3vorbis", &packet)) return false;
  s->loop = peri__loop_of_comments(packet.bytes + 7, packet.size - 7);
  if (!peri__ogg_write(writer, no_comments, sizeof no_comments - 1)) return false;
  if (!next_header(s, reader, "\5vorbis", &packet)) return false;
  const char *problem = peri__vorbis_check_setup(packet.bytes + 7, packet.size - 7, &s->form);
  if (problem) return peri__cannot_decode(s->file, "%s", problem);
  while (1u << s->mode_bits < s->form.modes) s->mode_bits++;
  return peri__ogg_write(writer, packet.bytes, packet.size);
}

/* ---- Audio packets -------------------------------------------------------------------------------------------- */

/* stb_vorbis makes no sound of the first packet, whose second half is the stream's beginning, and drops a part of the
 * next; so the first packet goes in twice. Its left half is noise then and is skipped: up to the middle of the block,
 * less what stb_vorbis drops by itself. A wide left window (Vorbis I, 4.3.1) keeps the noise there. */
static bool add_first(stream *s, const peri__packet *packet, uint32_t block, peri__ogg_writer *writer) {
  uint32_t flags = (packet->bytes[0] | (packet->size > 1 ? (uint32_t)packet->bytes[1] << 8 : 0)) >> (1 + s->mode_bits);
  s->skip = block / 2;
  if (block == s->form.block[1] && s->form.block[0] != block) {
    bool wide_after = flags >> 1 & 1;
    if (!wide_after) s->skip -= (block - s->form.block[0]) / 4;
    packet->bytes[0] |= (unsigned char)(2u << s->mode_bits);
  }
  return peri__ogg_write(writer, packet->bytes, packet->size);
}

static bool add_packet(stream *s, const peri__packet *packet, peri__ogg_writer *writer) {
  uint32_t mode = packet->bytes[0] >> 1 & ((1u << s->mode_bits) - 1);
  if ((packet->bytes[0] & 1) || mode >= s->form.modes)
    return peri__cannot_decode(s->file, "it is corrupted: a packet is no audio");
  uint32_t block = s->form.block[s->form.long_block[mode]];
  if (s->packets == 0 && !add_first(s, packet, block, writer)) return false;
  if (s->packets > 0) s->frames += block / 4 + s->last_block / 4;
  s->packets++;
  s->last_block = block;
  return peri__ogg_write(writer, packet->bytes, packet->size);
}

static void note_time(stream *s, const peri__packet *packet) {
  if (packet->granule < 0) return;
  s->granule = packet->granule;
  if (s->timed) return;
  s->timed = true;
  if (!packet->last) s->first_granule = packet->granule - (int64_t)s->frames; /* on the last page it cuts the end */
}

static bool read_audio(stream *s, peri__ogg_reader *reader, peri__ogg_writer *writer) {
  peri__packet packet;
  while (peri__ogg_next(reader, &packet)) {
    if (packet.size && !add_packet(s, &packet, writer)) return false;
    note_time(s, &packet);
  }
  peri__ogg_end_page(writer);
  return !reader->failed;
}

/* What is heard: `skip` counts from stb_vorbis's first frame, `frames` as the pages' times say. */
static void cut(stream *s) {
  uint64_t before = s->first_granule < 0 ? (uint64_t)-s->first_granule : 0;
  int64_t length = s->first_granule > 0 ? s->granule - s->first_granule : s->granule;
  uint64_t there = s->frames > before ? s->frames - before : 0;
  s->skip += (uint32_t)(before < s->frames ? before : 0);
  s->frames = s->timed && (uint64_t)length < there ? (uint64_t)(length > 0 ? length : 0) : there;
}

static bool read_stream(stream *s, const peri__sound_file *file, peri__ogg_writer *writer) {
  peri__ogg_reader reader;
  *s = (stream){.file = file};
  if (!peri__ogg_open(&reader, file)) return false;
  bool fine = peri__ogg_begin(writer, file->size) && read_headers(s, &reader, writer) && read_audio(s, &reader, writer);
  peri__ogg_close(&reader);
  if (!fine) return false;
  cut(s);
  return peri__can_play(file, s->form.channels, s->sample_rate, s->frames);
}

/* ---- Decoding ------------------------------------------------------------------------------------------------- */

/* Channels come in Vorbis's order (Vorbis I, 4.3.9) and are kept in that of WAV and Web Audio. */
static uint32_t vorbis_channel(uint32_t channels, uint32_t channel) {
  static const unsigned char order[9][8] = {[3] = {0, 2, 1},
                                            [5] = {0, 2, 1, 3, 4},
                                            [6] = {0, 2, 1, 5, 3, 4},
                                            [7] = {0, 2, 1, 6, 5, 3, 4},
                                            [8] = {0, 2, 1, 7, 5, 6, 3, 4}};
  bool differs = channels <= 8 && order[channels][1] == 2;
  return differs ? order[channels][channel] : channel;
}

static bool decode_into(const stream *s, stb_vorbis *decoder, peri__storage *storage) {
  uint64_t skip = s->skip, done = 0;
  for (uint64_t i = 0; i < s->packets && done < storage->frames; i++) {
    float **made = NULL;
    int count = stb_vorbis_get_frame_float(decoder, NULL, &made);
    if (count <= 0) continue;
    uint64_t from = skip < (uint64_t)count ? skip : (uint64_t)count, part = (uint64_t)count - from;
    skip -= from;
    if (part > storage->frames - done) part = storage->frames - done;
    for (uint32_t c = 0; c < s->form.channels; c++)
      memcpy(peri__storage_channel(storage, c) + done, made[vorbis_channel(s->form.channels, c)] + from,
             (size_t)part * sizeof(float));
    done += part;
  }
  if (done == storage->frames) return true;
  return peri__cannot_decode(s->file, "it is corrupted: its packets make %llu frames where %u were announced",
                             (unsigned long long)done, storage->frames);
}

static peri__storage *decode_stream(const stream *s, const peri__ogg_writer *writer) {
  if (writer->size > INT32_MAX) return peri__cannot_decode(s->file, "it is larger than 2 GiB"), NULL;
  int problem = 0;
  stb_vorbis *decoder = stb_vorbis_open_memory(writer->bytes, (int)writer->size, &problem, NULL);
  if (!decoder)
    return peri__cannot_decode(s->file, "its Vorbis headers are corrupted (stb_vorbis error %d)", problem), NULL;
  peri__storage *storage = peri__storage_create_raw(s->form.channels, (uint32_t)s->frames, s->sample_rate);
  if (storage && !decode_into(s, decoder, storage)) {
    peri__storage_drop(storage);
    storage = NULL;
  }
  stb_vorbis_close(decoder);
  if (storage) peri__set_loop(storage, s->loop);
  return storage;
}

peri__storage *peri__decode_vorbis(const peri__sound_file *file) {
  stream s;
  peri__ogg_writer writer = {0};
  peri__storage *storage = read_stream(&s, file, &writer) ? decode_stream(&s, &writer) : NULL;
  peri__ogg_release(&writer);
  return storage;
}

bool peri__inspect_vorbis(const peri__sound_file *file, peri_file_info *info) {
  stream s;
  peri__ogg_writer writer = {0};
  bool fine = read_stream(&s, file, &writer);
  peri__ogg_release(&writer);
  if (!fine) return false;
  strcpy(info->format, "Ogg Vorbis");
  info->channels = s.form.channels;
  info->sample_rate = s.sample_rate;
  info->frames = s.frames;
  peri__loop loop = peri__loop_within(s.loop, s.frames);
  info->loop_start = loop.start;
  info->loop_end = loop.end;
  return true;
}
