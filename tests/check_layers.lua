-- Checks the house's rules: which room includes what, and that the rooms of the audio thread call nothing that can
-- allocate, lock, block or print. Run from the project's root; prints one line a room, every violation with its line.

-- A row lists the rooms whose headers a room may include besides its own, or single headers. `perilune/…` may go
-- everywhere. `system` lists the libraries whose headers a room may see; the C library and POSIX go everywhere.
local ROOMS = {
  { "runtime/base", rooms = {}, system = { "SDL2" } },
  { "runtime/dsp", rooms = { "base" } },
  { "runtime/link", rooms = { "base" } },
  { "runtime/media", rooms = { "base", "dsp" }, system = { "stb" } },
  { "runtime/device", rooms = { "base" } },
  { "runtime/visualizer", rooms = { "base", "dsp" } },
  { "runtime/render", rooms = { "base", "dsp", "link", "media/media.h" } },
  { "runtime/nodes", rooms = { "base", "dsp", "link", "media/media.h", "render" } },
  { "runtime/control", rooms = { "base", "dsp", "link", "media", "device", "visualizer", "render", "nodes" } },
  { "bindings", rooms = {}, system = { "lua" } },
  { "host", rooms = {}, system = { "lua", "SDL2", "stb" } },
}

-- These rooms are the audio thread's: nothing of this is called in them.
local AUDIO_ROOMS = { ["runtime/render"] = true, ["runtime/dsp"] = true, ["runtime/link"] = true, ["runtime/nodes"] = true }
local FORBIDDEN = [[
  malloc calloc realloc reallocarray aligned_alloc posix_memalign free strdup alloca
  printf fprintf vprintf vfprintf sprintf puts fputs putchar perror syslog
  fopen fclose fread fwrite fflush open close read write stat
  pthread_mutex_lock pthread_mutex_unlock pthread_cond_wait pthread_cond_signal pthread_cond_broadcast pthread_create
  pthread_join pthread_rwlock_rdlock pthread_rwlock_wrlock mtx_lock cnd_wait sem_wait sem_post
  sleep usleep nanosleep clock_nanosleep sched_yield poll select futex syscall time exit abort getenv dlopen dlsym
  peri__log]]
-- In functions marked PERI_AUDIO_THREAD, wherever they stand, also none of this: memory by the hooks, and libm's
-- transcendental functions, whose results depend on CPU and version.
local FORBIDDEN_MARKED = [[
  peri__allocate peri__release peri__grow PERI_NEW PERI_NEW_ARRAY
  sin cos tan asin acos atan atan2 sinh cosh tanh exp exp2 expm1 log log2 log10 log1p pow cbrt hypot
  sinf cosf tanf asinf acosf atanf atan2f sinhf coshf tanhf expf exp2f expm1f logf log2f log10f log1pf powf cbrtf hypotf]]

local function set(words)
  local result = {}
  for word in words:gmatch("%S+") do result[word] = true end
  return result
end
local forbidden, forbidden_marked = set(FORBIDDEN), set(FORBIDDEN_MARKED)

-- Blanks comments and literals, so that what stands in them is no call; every line keeps its number. Include lines
-- are read before.
local function code_of(text)
  local out, at = {}, 1
  local from = text:find("[/\"']")
  while from do
    local opening, to = text:sub(from, from + 1), from
    if opening == "/*" then
      to = select(2, text:find("*/", from + 2, true))
    elseif opening == "//" then
      to = (text:find("\n", from, true) or #text + 1) - 1
    elseif opening:sub(1, 1) ~= "/" then
      repeat to = text:find("[\\\n" .. opening:sub(1, 1) .. "]", to + 1)
        local escape = to and text:sub(to, to) == "\\"
        if escape then to = to + 1 end
      until not escape
    end
    to = to or #text
    out[#out + 1] = text:sub(at, from - 1) .. text:sub(from, to):gsub("[^\n]", " ")
    at, from = to + 1, text:find("[/\"']", to + 1)
  end
  return table.concat(out) .. text:sub(at)
end

local function may_include(room, header)
  if header:match("^perilune/") then return true end
  if not header:find("/", 1, true) then return not room[1]:match("^runtime/") end -- a neighbour in bindings or host
  if header:find("..", 1, true) then return false end
  local folder = header:match("^[^/]+")
  if room[1]:match("[^/]+$") == folder then return true end
  for _, allowed in ipairs(room.rooms) do
    if allowed == folder or allowed == header then return true end
  end
  return false
end

local LIBRARIES = {
  { "lua", "^lua" }, { "lua", "^lauxlib" }, { "SDL2", "^SDL" }, { "stb", "^stb" },
}

local function may_include_system(room, header)
  for _, library in ipairs(LIBRARIES) do
    if header:match(library[2]) then
      for _, allowed in ipairs(room.system or {}) do
        if allowed == library[1] then return true end
      end
      return false
    end
  end
  return true
end

-- Returns a list of "path:line: what is wrong".
local function violations(room, path, text)
  local found = {}
  local function report(line, message) found[#found + 1] = ("%s:%d: %s"):format(path, line, message) end

  local number = 0
  for line in (text .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    local own = line:match('^%s*#%s*include%s+"([^"]+)"')
    local system = line:match("^%s*#%s*include%s+<([^>]+)>")
    if own and not may_include(room, own) then report(number, room[1] .. ' may not include "' .. own .. '"') end
    if system and not may_include_system(room, system) then
      report(number, room[1] .. " may not include <" .. system .. ">")
    end
  end

  number = 0
  local marked = false
  for line in (code_of(text) .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    if line:find("LUA_VERSION", 1, true) and not path:match("/compat%.h$") then
      report(number, "only bindings/compat.h knows the version of Lua")
    end
    if line:find("PERI_AUDIO_THREAD", 1, true) and not line:match("^%s*#") then marked = true end
    for before, name in line:gmatch("([%.>]?%s*)%f[%w_]([%a_][%w_]*)%s*%(") do
      local member = before:match("^[%.>]")
      if not member and (forbidden[name] and (AUDIO_ROOMS[room[1]] or marked) or forbidden_marked[name] and marked) then
        report(number, name .. " on the audio thread")
      end
    end
    -- A declaration ends at its semicolon, a function at the brace in the first column or of a one-line body.
    if marked and (line:match("^}") or line:match("^%S.*[;}]%s*$")) then marked = false end
  end
  return found
end

local function self_test()
  local render, base, nodes, bindings = ROOMS[7], ROOMS[1], ROOMS[8], ROOMS[10]
  local function lines(room, text) return #violations(room, "planted.c", text) end
  assert(lines(render, '#include "render/plan.h"\n#include "base/ring.h"\n#include "perilune/perilune.h"\n') == 0)
  assert(lines(render, '#include "control/engine.h"\n') == 1)
  assert(lines(render, '#include "media/decoder.h"\n') == 1)
  assert(lines(base, '#include "dsp/mix.h"\n#include "../dsp/mix.h"\n') == 2)
  assert(lines(render, "#include <SDL2/SDL.h>\n#include <math.h>\n") == 1)
  assert(lines(bindings, "#include <lua.h>\n#include <lauxlib.h>\n") == 0)
  assert(lines(bindings, "#if LUA_VERSION_NUM < 504\n#endif\n") == 1)
  assert(#violations(bindings, "bindings/compat.h", "#if LUA_VERSION_NUM < 504\n#endif\n") == 0)
  assert(lines(render, "void f(void) {\n  free(p);\n}\n") == 1)
  assert(lines(base, "void f(void) {\n  free(p);\n}\n") == 0)
  assert(lines(render, '/* malloc(1) */ // free(p)\nconst char *s = "free(p)";\n hooks->free(p);\n') == 0)
  assert(lines(nodes, "static float setup(void) {\n  return sinf(1);\n}\n") == 0)
  assert(lines(nodes, "PERI_AUDIO_THREAD static float process(void) {\n  return sinf(1);\n}\n") == 1)
  assert(lines(nodes, "PERI_AUDIO_THREAD void process(void);\nvoid setup(void) {\n  sinf(1);\n}\n") == 0)
  assert(violations(render, "a.c", "int x;\n\nint y = rand() / malloc(1);\n")[1] == "a.c:3: malloc on the audio thread")
end

local function files_of(folder)
  local list = assert(io.popen("find " .. folder .. " -name '*.[ch]' | LC_ALL=C sort"))
  local names = {}
  for name in list:lines() do names[#names + 1] = name end
  list:close()
  return names
end

local passed, failed = 0, 0
local function result(name, found)
  if #found == 0 then
    passed = passed + 1
    print("ok layers: " .. name)
  else
    failed = failed + 1
    print(table.concat(found, "\n"))
    print("FAILED layers: " .. name)
  end
end

local ok, message = pcall(self_test)
result("the check sees planted violations", ok and {} or { message })

for _, room in ipairs(ROOMS) do
  local found = {}
  for _, path in ipairs(files_of(room[1])) do
    local file = assert(io.open(path, "rb"))
    table.move(violations(room, path, file:read("a")), 1, 1000, #found + 1, found)
    file:close()
  end
  result(room[1], found)
end

-- A room that the table does not know would go unchecked.
local unknown = {}
for _, path in ipairs(files_of("runtime")) do
  local folder, known = path:match("^runtime/[^/]+"), path:match("^runtime/include/") ~= nil
  for _, room in ipairs(ROOMS) do known = known or room[1] == folder end
  if not known then unknown[#unknown + 1] = path .. ":1: in no room of the table in tests/check_layers.lua" end
end
result("every file has a room", unknown)

print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
