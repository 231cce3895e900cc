#include "media/ogg.h"

#include <string.h>

#define PAGE_HEADER 27
enum { FLAG_CONTINUED = 1, FLAG_FIRST = 2, FLAG_LAST = 4 };

/* ---- Reading -------------------------------------------------------------------------------------------------- */

static void make_crc_tables(uint32_t table[8][256]) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i << 24;
    for (int bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x80000000u ? 0x04c11db7u : 0);
    table[0][i] = crc;
  }
  for (int zeros = 1; zeros < 8; zeros++)
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t crc = table[zeros - 1][i];
      table[zeros][i] = (crc << 8) ^ table[0][crc >> 24];
    }
}

/* Goes on with a checksum; eight bytes at a time, whose shares do not wait for each other. */
static uint32_t add_to_crc(const peri__ogg_reader *reader, uint32_t crc, const unsigned char *bytes, size_t size) {
  const uint32_t(*table)[256] = reader->crc;
  for (; size >= 8; bytes += 8, size -= 8)
    crc = table[7][crc >> 24 ^ bytes[0]] ^ table[6][(crc >> 16 & 255) ^ bytes[1]] ^
          table[5][(crc >> 8 & 255) ^ bytes[2]] ^ table[4][(crc & 255) ^ bytes[3]] ^ table[3][bytes[4]] ^
          table[2][bytes[5]] ^ table[1][bytes[6]] ^ table[0][bytes[7]];
  for (; size; bytes++, size--) crc = (crc << 8) ^ table[0][crc >> 24 ^ *bytes];
  return crc;
}

/* RFC 3533: over the whole page, with the four bytes of the checksum itself as zero. */
static uint32_t page_crc(const peri__ogg_reader *reader, const unsigned char *page, size_t size) {
  static const unsigned char zeros[4];
  uint32_t crc = add_to_crc(reader, 0, page, 22);
  crc = add_to_crc(reader, crc, zeros, 4);
  return add_to_crc(reader, crc, page + 26, size - 26);
}

static bool fail(peri__ogg_reader *reader) {
  reader->failed = true;
  return false;
}

static size_t truncated(const peri__sound_file *file) {
  return peri__cannot_decode(file, "it is truncated: it ends after %zu bytes", file->size), 0;
}

/* The size of the whole and sound page at `at`, or 0. */
static size_t page_size(peri__ogg_reader *reader, size_t at) {
  const peri__sound_file *file = reader->file;
  const unsigned char *page = file->bytes + at;
  size_t left = file->size - at, size = PAGE_HEADER;
  if (left >= 4 && memcmp(page, "OggS", 4) != 0)
    return peri__cannot_decode(file, "it is corrupted: no Ogg page begins at byte %zu", at), 0;
  if (left < size || left < size + page[26]) return truncated(file);
  size += page[26];
  for (uint32_t i = 0; i < page[26]; i++) size += page[PAGE_HEADER + i];
  if (left < size) return truncated(file);
  if (page[4] != 0) return peri__cannot_decode(file, "it is corrupted: Ogg version %u is not known", page[4]), 0;
  if (page_crc(reader, page, size) != peri__little_32(page + 22))
    return peri__cannot_decode(file, "it is corrupted: the checksum of the Ogg page at byte %zu is wrong", at), 0;
  return size;
}

static const char *codec_of(const unsigned char *body, size_t size) {
  static const struct {
    const char *magic, *name;
  } codecs[] = {{"OpusHead", "Opus"},
                {"\x7f"
                 "FLAC",
                 "FLAC"},
                {"Speex   ", "Speex"},
                {"\x80theora", "Theora video"},
                {"fishead", "a skeleton"},
                {"PCM     ", "PCM"}};
  for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
    size_t length = strlen(codecs[i].magic);
    if (size >= length && memcmp(body, codecs[i].magic, length) == 0) return codecs[i].name;
  }
  return "a format that is not known";
}

static bool is_vorbis(const unsigned char *body, size_t size) { return size >= 7 && memcmp(body, "\1vorbis", 7) == 0; }

/* Ends the search for a Vorbis stream: the first codec of the file is what it is said to hold. */
static bool no_vorbis(peri__ogg_reader *reader) {
  const unsigned char *page = reader->file->bytes, *body = page + PAGE_HEADER + page[26];
  const char *codec = codec_of(body, reader->file->size - (size_t)(body - page));
  peri__cannot_decode(reader->file, "it holds %s in an Ogg; of Ogg files, Vorbis is known", codec);
  return fail(reader);
}

/* A page of the stream that is read; `size` is its whole. */
static bool enter_page(peri__ogg_reader *reader, size_t at, size_t size) {
  const unsigned char *page = reader->file->bytes + at;
  uint32_t flags = page[5], sequence = peri__little_32(page + 18);
  if (sequence != reader->sequence || ((flags & FLAG_CONTINUED) != 0) != reader->open) {
    peri__cannot_decode(reader->file, "it is corrupted: pages are missing before byte %zu", at);
    return fail(reader);
  }
  reader->sequence++;
  reader->ended = (flags & FLAG_LAST) != 0;
  reader->granule = (int64_t)((uint64_t)peri__little_32(page + 6) | (uint64_t)peri__little_32(page + 10) << 32);
  reader->lacing = page + PAGE_HEADER;
  reader->lacing_end = reader->lacing + page[26];
  reader->last_end = NULL;
  for (const unsigned char *segment = reader->lacing; segment < reader->lacing_end; segment++)
    if (*segment < 255) reader->last_end = segment;
  reader->body = at + PAGE_HEADER + page[26];
  reader->body_end = at + size;
  return true;
}

/* After the stream's end: nothing, other streams' pages, or padding; but not a second sound. */
static bool check_rest(peri__ogg_reader *reader) {
  const peri__sound_file *file = reader->file;
  for (size_t at = reader->next; file->size - at >= 4 && memcmp(file->bytes + at, "OggS", 4) == 0;) {
    size_t size = page_size(reader, at);
    if (size == 0) return fail(reader);
    const unsigned char *page = file->bytes + at, *body = page + PAGE_HEADER + page[26];
    if ((page[5] & FLAG_FIRST) && is_vorbis(body, (size_t)(page + size - body))) {
      peri__cannot_decode(file, "it is a chain of several Ogg streams; save each as a file");
      return fail(reader);
    }
    at += size;
  }
  return false;
}

static bool next_page(peri__ogg_reader *reader) {
  const peri__sound_file *file = reader->file;
  if (reader->ended) return check_rest(reader);
  while (reader->next < file->size) {
    size_t at = reader->next, size = page_size(reader, at);
    if (size == 0) return fail(reader);
    reader->next += size;
    const unsigned char *page = file->bytes + at, *body = page + PAGE_HEADER + page[26];
    bool first = (page[5] & FLAG_FIRST) != 0;
    if (!reader->begun) {
      if (!first) return no_vorbis(reader);
      if (!is_vorbis(body, (size_t)(page + size - body))) continue;
      reader->begun = true;
      reader->serial = peri__little_32(page + 14);
      reader->sequence = peri__little_32(page + 18);
    } else if (peri__little_32(page + 14) != reader->serial) {
      continue;
    }
    return enter_page(reader, at, size);
  }
  if (!reader->begun) return no_vorbis(reader);
  peri__cannot_decode(file, "it is truncated: the last page of the stream is missing");
  return fail(reader);
}

bool peri__ogg_open(peri__ogg_reader *reader, const peri__sound_file *file) {
  *reader = (peri__ogg_reader){.file = file};
  make_crc_tables(reader->crc);
  reader->packet = (unsigned char *)peri__allocate_raw(file->size, 16);
  return reader->packet != NULL;
}

void peri__ogg_close(peri__ogg_reader *reader) { peri__release(reader->packet, reader->file->size); }

bool peri__ogg_next(peri__ogg_reader *reader, peri__packet *packet) {
  reader->filled = 0;
  for (;;) {
    while (reader->lacing == reader->lacing_end)
      if (!next_page(reader)) return false;
    const unsigned char *segment = reader->lacing++;
    memcpy(reader->packet + reader->filled, reader->file->bytes + reader->body, *segment);
    reader->filled += *segment;
    reader->body += *segment;
    reader->open = *segment == 255;
    if (reader->open) continue;
    bool ends_page = segment == reader->last_end;
    *packet = (peri__packet){.bytes = reader->packet, .size = reader->filled, .granule = -1};
    if (ends_page) packet->granule = reader->granule, packet->last = reader->ended;
    return true;
  }
}

/* ---- Writing -------------------------------------------------------------------------------------------------- */

#define PAGE_ROOM (PAGE_HEADER + 255 + 255 * 255)

bool peri__ogg_begin(peri__ogg_writer *writer, size_t size) {
  *writer = (peri__ogg_writer){.capacity = size + 2 * PAGE_ROOM};
  writer->bytes = (unsigned char *)peri__allocate_raw(writer->capacity, 16);
  return writer->bytes != NULL;
}

static bool has_room(peri__ogg_writer *writer) {
  size_t needed = writer->size + PAGE_ROOM;
  if (needed <= writer->capacity) return true;
  size_t used = writer->size + (writer->segments ? PAGE_HEADER + 255 + writer->body_bytes : 0);
  void *grown = peri__grow(writer->bytes, 1, used, &writer->capacity, needed);
  if (!grown) return false;
  writer->bytes = (unsigned char *)grown;
  return true;
}

void peri__ogg_end_page(peri__ogg_writer *writer) {
  if (writer->segments == 0) return;
  unsigned char *page = writer->bytes + writer->size;
  memset(page, 0, PAGE_HEADER);
  memcpy(page, "OggS", 4);
  page[5] = (unsigned char)((writer->continued ? FLAG_CONTINUED : 0) | (writer->begun ? 0 : FLAG_FIRST));
  memset(page + 6, 0xff, 8);
  page[26] = (unsigned char)writer->segments;
  memmove(page + PAGE_HEADER + writer->segments, page + PAGE_HEADER + 255, writer->body_bytes);
  memcpy(page + PAGE_HEADER, writer->lacing, writer->segments);
  writer->continued = writer->lacing[writer->segments - 1] == 255;
  writer->size += PAGE_HEADER + writer->segments + writer->body_bytes;
  writer->begun = true;
  writer->segments = 0;
  writer->body_bytes = 0;
}

bool peri__ogg_write(peri__ogg_writer *writer, const unsigned char *bytes, size_t size) {
  for (;;) {
    if (!has_room(writer)) return false;
    size_t part = size < 255 ? size : 255;
    memcpy(writer->bytes + writer->size + PAGE_HEADER + 255 + writer->body_bytes, bytes, part);
    writer->lacing[writer->segments++] = (unsigned char)part;
    writer->body_bytes += part;
    if (writer->segments == 255) peri__ogg_end_page(writer);
    bytes += part;
    size -= part;
    if (part < 255) return true;
  }
}

void peri__ogg_release(peri__ogg_writer *writer) { peri__release(writer->bytes, writer->capacity); }
