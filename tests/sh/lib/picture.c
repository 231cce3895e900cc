/* picture pixels FILE X Y ...: colours as rrggbb; picture count FILE RRGGBB: how many pixels have that one. */
#include <stdio.h>
#include <stdlib.h>
#include <stb/stb_image.h>
int main(int count, char **words) {
  int width, height, channels;
  unsigned char *p = stbi_load(words[2], &width, &height, &channels, 3);
  if (!p) return 1;
  long wanted = strtol(words[3], NULL, 16), found = 0;
  for (int i = 0; i < width * height; i++) found += wanted == (p[3 * i] << 16 | p[3 * i + 1] << 8 | p[3 * i + 2]);
  if (words[1][0] == 'c') return printf("%ld\n", found), 0;
  for (int i = 3; i + 1 < count; i += 2) {
    const unsigned char *at = p + 3 * (atoi(words[i]) + width * atoi(words[i + 1]));
    printf("%02x%02x%02x%s", at[0], at[1], at[2], i + 3 < count ? " " : "\n");
  }
}
