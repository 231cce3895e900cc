-- One decoded laser, a hundred sources over it, all started on the same frame; then what that cost.
local perilune = require "perilune"

local SOURCES = 100
local laser = perilune.load("assets/laser.ogg", { volume = 0.05, pitch = { 0.2, 1.6 } }) -- a random pitch each play
local ctx = perilune.context()
local tap = ctx:createTap(ctx.destination, { blocks = 64 }) -- what is heard, in blocks of 1,024 floats

local function row(what, format, value)
  local number = format:format(value):gsub("^(%d+)(%d%d%d)", "%1,%2")
  print(("  %-38s %9s"):format(what, number))
end

local seconds -- that creating and starting them took
local function report()
  local stats, blocks = perilune.stats(), tap.stats
  row("sources created and started", "%d", stats.sourcesStarted)
  row("  milliseconds in all", "%.3f", seconds * 1e3)
  row("  microseconds each", "%.2f", seconds * 1e6 / SOURCES)
  row("  C bytes each, pool slots included", "%d", math.ceil(stats.sourceBytes / SOURCES))
  row("buffers alive", "%d", stats.buffers)
  row("  bytes in all", "%d", stats.bufferBytes)
  row("blocks transferred", "%d", blocks.transferred)
  row("  allocated after start", "%d", blocks.grown)
  row("  dropped", "%d", blocks.dropped)
end

local sounding = SOURCES
local function ended() -- called for each laser that has ended
  for block in tap.receive, tap do block:release() end -- back to the pool
  sounding = sounding - 1
  if sounding == 0 then report() end
end

print(("%d lasers at once, over one buffer\n"):format(SOURCES))
local at, before = perilune.now() + 0.05, os.clock() -- os.clock: processor time, to a microsecond
for i = 1, SOURCES do
  laser:play { at = at, pan = 2 * (i - 1) / (SOURCES - 1) - 1, onended = ended }
end
seconds = os.clock() - before

perilune.run()
