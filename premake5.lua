-- What is built: the engine library, the Lua modules, the host program, tests and benchmarks.
-- Sources are globbed: a new file needs no edit here. Written for premake 5 (`premake5 gmake`).

---------------------------------------------------------------------------------------------------------------------
-- What Debian's premake 4.3 lacks (`premake4 --file=premake5.lua gmake`), so that both make the same programs.

if not workspace then
  local optimization = { Off = {}, Debug = { "-Og" }, On = { "-O2" } }

  workspace = solution
  filter = function(terms)
    configuration(type(terms) == "string" and terms:gsub("^configurations:", "") or terms)
  end
  cdialect = function(dialect) buildoptions { "-std=" .. dialect:lower() } end
  optimize = function(level) buildoptions(optimization[level]) end
  symbols = function() flags { "Symbols" } end
  warnings = function() buildoptions { "-Wall", "-Wextra" } end
  pic = function() buildoptions { "-fPIC" } end
  visibility = function(level) buildoptions { "-fvisibility=" .. level:lower() } end

  -- 4.3 names an object by its source's base name alone, so sources of one name in two folders would collide.
  local getbasename = path.getbasename
  path.getbasename = function(file)
    return file:match("%.c$") and file:gsub("^[./]+", ""):gsub("%.c$", ""):gsub("/", "-") or getbasename(file)
  end

  -- 4.3 links sibling libraries by -l, which prefers the shared one, and knows no "name:static".
  premake.gcc.getlinkflags = function(cfg)
    local result = premake.getlinks(cfg, "siblings", "fullpath")
    for _, name in ipairs(premake.getlinks(cfg, "system", "basename")) do
      table.insert(result, (("-l" .. name):gsub("^%-l(.+):static$", "-l:lib%1.a")))
    end
    return result
  end

  -- 4.3 knows no --cc=clang.
  table.insert(premake.option.get("cc").allowed, { "clang", "Clang" })
  table.insert(premake.action.list.gmake.valid_tools.cc, "clang")
  premake.clang = premake.gcc
  premake.gcc.platforms.Native.cc = _OPTIONS.cc
end

---------------------------------------------------------------------------------------------------------------------
-- The Lua half of the module, embedded as bytes.

local function write_if_changed(name, text)
  local old = io.open(name, "rb")
  local same = old and old:read("*a") == text
  if old then old:close() end
  if same then return end
  local file = assert(io.open(name, "wb"))
  file:write(text)
  file:close()
end

local function embed_lua_half()
  local names, entries = os.matchfiles("scripts/perilune/**.lua"), {}
  table.sort(names)
  local out = { "/* Made by premake5.lua from scripts/perilune. */\n#include <stddef.h>\n" }
  for index, name in ipairs(names) do
    local file = assert(io.open(name, "rb"))
    local text = file:read("*a")
    file:close()
    local bytes = text:gsub(".", function(c) return c:byte() .. "," end):gsub(("%d+,"):rep(30), "%0\n")
    out[#out + 1] = ("static const unsigned char file%d[] = {\n%s0};\n"):format(index, bytes)
    entries[index] = ('  {"%s", file%d, %d},\n'):format(
      name:gsub("^scripts/", ""):gsub("%.lua$", ""):gsub("/", "."), index, #text)
  end
  out[#out + 1] = "struct peri__lua_file { const char *name; const unsigned char *text; size_t size; };\n"
  out[#out + 1] = "extern const struct peri__lua_file peri__lua_half[];\n"
  out[#out + 1] = "const struct peri__lua_file peri__lua_half[] = {\n" .. table.concat(entries) .. "  {NULL, NULL, 0}};\n"

  os.mkdir("build/generated")
  write_if_changed("build/generated/lua_half.c", table.concat(out))
  -- A development build reads the folder. A header, because quotes in a -D survive no two makes alike.
  write_if_changed("build/generated/lua_half_dir.h",
    ("#define PERI_LUA_HALF_DIR %q\n"):format(path.getabsolute("scripts/perilune")))
end

if _ACTION then embed_lua_half() end

---------------------------------------------------------------------------------------------------------------------
-- Configurations. Release builds go to build/ itself, the others to build/<configuration>/.

local VERSION = "0.1" -- of the soname; it changes with every minor version until 1.0
local CONFIGURATIONS = { "release", "debug", "asan", "tsan", "validate" }

workspace "perilune"
  configurations(CONFIGURATIONS)
  location "build/make"
  language "C"
  cdialect "C11"
  warnings "Extra"
  symbols "On"
  pic "On"
  visibility "Hidden"
  defines { "_GNU_SOURCE" }
  -- The same calls give the same bits: no fused operations that the source does not write, no fast-math.
  buildoptions { "-ffp-contract=off", "-fno-math-errno" }

  filter "configurations:release"
    optimize "On"
    defines { "NDEBUG" }
  filter "configurations:debug"
    optimize "Debug"
    defines { "PERI_DEBUG=1" }
    buildoptions { "-include ../generated/lua_half_dir.h" }
  filter "configurations:asan"
    optimize "Debug"
    defines { "PERI_DEBUG=1", "PERI_SANITIZE=1" }
    buildoptions { "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer" }
    linkoptions { "-fsanitize=address,undefined" }
  filter "configurations:tsan"
    optimize "Debug"
    defines { "PERI_DEBUG=1", "PERI_SANITIZE=1" }
    buildoptions { "-fsanitize=thread", "-fno-omit-frame-pointer" }
    linkoptions { "-fsanitize=thread" }
  filter "configurations:validate" -- makes bugs likely: small rings and pools, freed blocks poisoned
    optimize "Debug"
    defines { "PERI_DEBUG=1", "PERI_VALIDATE=1" }
  filter {}

-- Starts a project whose output goes to `folder` below each configuration's folder.
local function target(name, output_kind, folder, filename)
  project(name)
  kind(output_kind)
  language "C"
  location "build/make"
  objdir "build/obj"
  targetname(filename)
  for _, config in ipairs(CONFIGURATIONS) do
    local dir = "build/" .. (config == "release" and "" or config .. "/") .. folder
    filter("configurations:" .. config)
    targetdir(dir)
    -- 4.3's makefiles race with themselves to make folders under `make -j`.
    if _ACTION then os.mkdir(dir); os.mkdir("build/obj/" .. config .. "/" .. name) end
  end
  filter {}
end

local function any(pattern) return #os.matchfiles(pattern) > 0 end

---------------------------------------------------------------------------------------------------------------------
-- The engine. SDL2 is loaded at run time; its headers are there for the types.

local function engine_sources()
  files { "runtime/**.c" }
  includedirs { "runtime/include", "runtime" }
  buildoptions { "-Wpedantic", "-Wshadow", "-Wconversion" }
end

local ENGINE_LINKS = { "stb:static", "dl", "pthread", "m" }
local BIND_NOW = "-Wl,-z,now" -- else the audio thread's first call of a C function resolves it, under the linker's lock

target("engine", "StaticLib", "lib", "perilune")
  engine_sources()

target("engine-shared", "SharedLib", "lib", "perilune")
  engine_sources()
  targetprefix "lib"
  targetextension(".so." .. VERSION)
  links(ENGINE_LINKS)
  linkoptions { "-Wl,-soname,libperilune.so." .. VERSION, "-Wl,--exclude-libs,ALL", BIND_NOW }
  postbuildcommands { "ln -sf libperilune.so." .. VERSION .. " $(TARGETDIR)/libperilune.so" }

---------------------------------------------------------------------------------------------------------------------
-- The Lua modules: the bindings alone as a library, and one file that holds everything. Lua's symbols come from the
-- process, so that LuaJIT loads what is built with the headers of Lua 5.1, whose binary interface it keeps.

local function binding_sources(lua)
  files { "bindings/**.c", "build/generated/lua_half.c" }
  includedirs { "runtime/include", "bindings/include", "bindings" }
  buildoptions { "-isystem /usr/include/" .. lua }
end

local function lua_module(version, lua)
  target("bindings-" .. version, "StaticLib", "lib", "perilune-lua" .. version)
    binding_sources(lua)

  target("module-" .. version, "SharedLib", "lua/" .. version, "perilune")
    binding_sources(lua)
    targetprefix ""
    targetextension ".so"
    links { "engine" }
    links(ENGINE_LINKS)
    -- Never unloaded: its threads and SDL's callback may outlive a closing Lua state.
    linkoptions { "-Wl,-z,nodelete", "-Wl,--exclude-libs,ALL", BIND_NOW }
end

if any "bindings/**.c" then
  lua_module("5.4", "lua5.4")
  lua_module("5.1", "lua5.1")
end

---------------------------------------------------------------------------------------------------------------------
-- Programs, each with everything in it.

local function program(name, patterns)
  target(name, "ConsoleApp", "bin", name)
  files(patterns)
  includedirs { "runtime/include", "bindings/include" }
  buildoptions { "-isystem /usr/include/lua5.4" }
  links { "bindings-5.4", "engine", "lua5.4" }
end

if any "host/**.c" then
  program("perilune", { "host/**.c" })
    includedirs { "host" }
    links { "SDL2" }
    links(ENGINE_LINKS)
    linkoptions { "-rdynamic", "-Wl,--exclude-libs,ALL", BIND_NOW } -- C modules that a script requires find Lua here
end

if any "tests/embed/*.c" then -- an engine that embeds perilune: public headers alone
  program("perilune-embed", { "tests/embed/*.c" })
    links(ENGINE_LINKS)
end

-- Tests see the engine's inside.
local function test_program(name, patterns, libraries)
  program(name, patterns)
    includedirs { "runtime", "bindings", "tests" }
    links(libraries)
    links(ENGINE_LINKS)
end

if any "tests/bench/**.c" then -- its plot is drawn as the host's pictures are
  test_program("perilune-bench", { "tests/bench/**.c", "host/canvas.c" }, {})
    includedirs { "host" }
end
if any "tests/unit/**.c" then
  test_program("perilune-test", { "tests/unit/**.c", "tests/stress/**.c" }, { "cmocka" })
end
for _, file in ipairs(os.matchfiles "tests/fuzz/*.c") do
  test_program("perilune-fuzz-" .. file:match("([^/]+)%.c$"), { file }, {})
end

if any "tests/guard/*.c" then -- preloaded by tests: catches calls that the audio thread must not make
  target("audio-guard", "SharedLib", "lib", "audio_guard")
    files { "tests/guard/*.c" }
    includedirs { "runtime/include" }
    targetprefix ""
    targetextension ".so"
    links { "dl", "pthread" }
end
