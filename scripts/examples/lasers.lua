-- One decoded laser, a hundred sources over it, all started on the same frame; then what that cost.
local perilune = require "perilune"

local SOURCES = 100
local laser = perilune.load("assets/laser.ogg", { volume = 0.05, pitch = { 0.2, 1.6 } }) -- a random pitch each play
local ctx = perilune.context()
local tap = ctx:createTap(ctx.destination, { blocks = 64 }) -- what is heard arrives in blocks of 1,024 floats

local function row(what, format, value)
  local number = format:format(value):gsub("^(%d+)(%d%d%d)", "%1,%2")
  print(("  %-38s %8s"):format(what, number))
end

local seconds -- that creating and starting took
local function report()
  local stats, blocks = perilune.stats(), tap.stats
  print(("\n%d lasers at once\n"):format(SOURCES))
  row("sources created and started", "%d", stats.sourcesStarted)
  row("  in all, milliseconds", "%.3f", seconds * 1e3)
  row("  each, microseconds", "%.2f", seconds / SOURCES * 1e6)
  row("buffers alive", "%d", stats.buffers)
  row("  their bytes", "%d", stats.bufferBytes)
  row("C bytes a source, pool slots included", "%.0f", stats.sourceBytes / SOURCES)
  row("blocks transferred", "%d", blocks.transferred)
  row("  allocated after start", "%d", blocks.grown)
  row("  dropped", "%d", blocks.dropped)
end

local sounding = SOURCES
local function ended()
  local block = tap:receive()
  while block do
    block:release()
    block = tap:receive()
  end
  sounding = sounding - 1
  if sounding == 0 then report() end
end

local at = perilune.now() + 0.05 -- the same for all
local before = os.clock()        -- processor time, to a microsecond
for i = 1, SOURCES do
  laser:play { at = at, pan = 2 * (i - 1) / (SOURCES - 1) - 1, onended = ended }
end
seconds = os.clock() - before

perilune.run()
