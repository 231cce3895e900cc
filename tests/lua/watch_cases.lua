-- What watching files promises, whether events tell of them or looks alone: watch_spec.lua runs these both ways.
-- A case is a name and a function that gets a folder of its own.
local support = require "tests.lua.support"
local core = support.core()
local cases = {}

local looksAlone = os.getenv "PERILUNE_WATCH" == "stat"
local AWHILE = looksAlone and 0.16 or 0.06 -- after which nothing is to come any more

local function shell(...)
  local result = os.execute(string.format(...))
  assert(result == true or result == 0, "the shell could not do it")
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

-- What the next report says, as text: the paths in their order. nil: none came in that time.
local function report(seconds)
  local finish = core.seconds() + seconds
  repeat
    local changed = core.changedFiles()
    if changed then
      local names = {}
      for i, entry in ipairs(changed) do names[i] = entry.path:match "[^/]*$" end
      return table.concat(names, " "), changed
    end
    core.sleep(0.002)
  until core.seconds() > finish
end

local function expect(names)
  local came, changed = report(3)
  assert(came == names, ("'%s' was reported, not '%s'"):format(came or "nothing", names))
  return changed
end

local function expectNothing(seconds)
  local came = report(seconds or AWHILE)
  assert(not came, ("'%s' was reported"):format(tostring(came)))
end

-- Names of new files in the folder, written and watched.
local function watched(folder, ...)
  local paths = {}
  for i = 1, select("#", ...) do
    paths[i] = folder .. "/" .. select(i, ...)
    write(paths[i], "old")
    core.watch(paths[i])
  end
  return (unpack or table.unpack)(paths)
end

local function case(name, fn) cases[#cases + 1] = { name = name, fn = fn } end

case("a save is reported once, with the time when it happened", function(folder)
  local path = watched(folder, "a")
  expectNothing()
  local before = core.seconds()
  write(path, "something new")
  local after = core.seconds()
  local changed = expect "a"
  assert(changed[1].path == path, changed[1].path)
  assert(changed[1].saved > before - 0.02 and changed[1].saved <= after, "saved at another time")
  expectNothing()
end)

case("a save whose time lies ahead was now", function(folder)
  local path = watched(folder, "a")
  shell("touch -d 'next year' '%s'", path)
  local changed = expect "a"
  local now = core.seconds()
  assert(changed[1].saved <= now and changed[1].saved > now - 1, "saved at another time")
end)

case("each save is reported", function(folder)
  local path = watched(folder, "a")
  for i = 1, 3 do
    write(path, ("x"):rep(10 + i))
    expect "a"
  end
end)

case("a file that is renamed over a watched one is its new version", function(folder)
  local path = watched(folder, "a")
  for i = 1, 2 do -- as sed -i and vim do
    write(path .. ".new", "version " .. i)
    assert(os.rename(path .. ".new", path))
    expect "a"
  end
  expectNothing()
end)

case("a file that is deleted is reported when it is there again", function(folder)
  local path = watched(folder, "a")
  os.remove(path)
  expectNothing()
  write(path, "new")
  expect "a"
  os.remove(path)
  write(path, "newer")
  expect "a"
end)

case("a file that comes only later", function(folder)
  core.watch(folder .. "/later")
  expectNothing()
  write(folder .. "/later", "there")
  expect "later"
end)

case("a file in a folder that comes only later, goes and comes again", function(folder)
  local path = folder .. "/deep/er/a"
  core.watch(path)
  for i = 1, 2 do
    expectNothing()
    shell("mkdir -p '%s/deep/er'", folder)
    write(path, "there " .. i)
    expect "a"
    shell("rm -r '%s/deep'", folder)
  end
end)

case("a folder that another takes the place of", function(folder)
  shell("mkdir '%s/one' '%s/two'", folder, folder)
  local path = watched(folder, "one/a")
  write(folder .. "/two/a", "the other")
  shell("mv '%s/one' '%s/gone' && mv '%s/two' '%s/one'", folder, folder, folder, folder)
  expect "a"
  write(folder .. "/gone/a", "no longer watched")
  expectNothing()
  write(path, "saved there")
  expect "a"
end)

case("files that are saved together are reported together", function(folder)
  local a, b, c = watched(folder, "a", "b", "c")
  write(c, "new c")
  write(a, "new a")
  expect "a c"
  write(b, "new b")
  expect "b"
end)

case("of a file with two names each is reported as it was given", function(folder)
  local path = watched(folder, "a")
  core.watch(folder .. "/./a")
  write(path, "new")
  local changed = expect "a a"
  assert(changed[1].path == path and changed[2].path == folder .. "/./a", "not as given")
end)

case("what was saved while the program slept is found", function(folder)
  local a, _, c = watched(folder, "a", "b", "c")
  core.sleep(0.1)
  write(a, "new a")
  write(c, "new c")
  core.sleep(0.1)
  expect "a c"
end)

case("an empty file waits for its contents", function(folder)
  local path = watched(folder, "a")
  write(path, "")
  core.sleep(0.03)
  assert(not core.changedFiles(), "an empty file was reported")
  write(path, "contents")
  expect "a"
  expectNothing()
end)

case("a file that stays empty is reported", function(folder)
  local path = watched(folder, "a")
  local before = core.seconds()
  write(path, "")
  expect "a"
  assert(core.seconds() - before >= 0.1, "too early")
end)

case("a symbolic link: its target is saved, or another takes its place", function(folder)
  watched(folder, "target", "other")
  core.unwatch(folder .. "/target")
  core.unwatch(folder .. "/other")
  shell("mkdir '%s/links' && ln -s target '%s/middle' && ln -s ../middle '%s/links/link'", folder, folder, folder)
  core.watch(folder .. "/links/link")
  expectNothing()
  write(folder .. "/target", "new")
  expect "link"
  write(folder .. "/target.new", "newer")
  assert(os.rename(folder .. "/target.new", folder .. "/target"))
  expect "link"
  shell("ln -sf ../other '%s/links/link'", folder)
  expect "link"
  write(folder .. "/target", "nobody's any more")
  expectNothing()
  write(folder .. "/other", "new")
  expect "link"
end)

case("a symbolic link that leads to itself is as good as no file", function(folder)
  shell("ln -s loop '%s/loop'", folder)
  core.watch(folder .. "/loop")
  expectNothing()
  os.remove(folder .. "/loop")
  write(folder .. "/loop", "a file now")
  expect "loop"
end)

case("what is read, or changes in rights alone, is not reported", function(folder)
  local path = watched(folder, "a")
  for line in io.lines(path) do assert(line == "old") end
  shell("cat '%s' >/dev/null && chmod 600 '%s'", path, path)
  assert(io.open(path, "r+")):close()
  expectNothing()
end)

case("other files of the folder are not reported", function(folder)
  watched(folder, "a")
  write(folder .. "/aa", "not a")
  write(folder .. "/b", "not a")
  expectNothing()
end)

case("a file is watched once, and no more after unwatch", function(folder)
  local path = watched(folder, "a")
  core.watch(path)
  write(path, "new")
  expect "a"
  core.watch(path)
  expectNothing()
  write(path, "newer")
  core.unwatch(path)
  core.unwatch(path)
  expectNothing()
  core.watch(path)
  expectNothing()
  write(path, "newest of all")
  expect "a"
end)

case("relative paths are of the working directory, and reported as given", function(folder)
  local here = io.popen "pwd"
  local up = here:read():gsub("[^/]+", ".."):gsub("^/", "")
  here:close()
  local path = watched(up .. folder, "a")
  assert(path:find "^%.%./")
  write(folder .. "/a", "new")
  assert(expect "a"[1].path == path)
end)

case("hundreds of files", function(folder)
  local paths = {}
  for i = 1, 400 do paths[i] = watched(folder, ("file%03d"):format(i)) end
  expectNothing()
  write(paths[7], "new 7")
  write(paths[400], "new 400")
  expect "file007 file400"
end)

-- What looks alone cannot know.
local function eventCase(name, fn)
  if not looksAlone then cases[#cases + 1] = { name = name, fn = fn, needsEvents = true } end
end

eventCase("a file that is being written is reported once it is closed", function(folder)
  local path = watched(folder, "a")
  local file = assert(io.open(path, "wb"))
  for _ = 1, 2 do
    file:write "half of it\n"
    file:flush()
    expectNothing(0.15)
  end
  file:close()
  expect "a"
  expectNothing()
end)

eventCase("others wait for a file that is being written, but not for ever", function(folder)
  local a, b = watched(folder, "a", "b")
  local file = assert(io.open(b, "wb"))
  file:write "half of it"
  file:flush()
  local before = core.seconds()
  write(a, "new")
  expectNothing(0.1)
  expect "a"
  local waited = core.seconds() - before
  assert(waited >= 0.25 and waited < 1, "waited for " .. waited)
  file:close()
  expect "b"
end)

eventCase("a save that follows at once belongs to the one before", function(folder)
  local a, b = watched(folder, "a", "b")
  write(a, "new")
  assert(not core.changedFiles(), "reported at once")
  write(b, "new")
  assert(not core.changedFiles(), "reported at once")
  write(a, "newer")
  expect "a b"
end)

eventCase("a save of the same size within one tick of the file system's clock", function(folder)
  local path = watched(folder, "a")
  write(path, "new")
  expect "a"
end)

eventCase("a file that is renamed while its writer goes on", function(folder)
  local path = watched(folder, "a")
  local file = assert(io.open(path .. ".new", "wb"))
  file:write "half"
  file:flush()
  assert(os.rename(path .. ".new", path))
  assert(not core.changedFiles())
  file:write "the rest"
  file:flush()
  expectNothing(0.1)
  file:close()
  expect "a"
end)

eventCase("a writer of what was deleted holds up nothing", function(folder)
  local path = watched(folder, "a")
  local file = assert(io.open(path, "ab"))
  file:write "half"
  file:flush()
  os.remove(path)
  write(path, "another")
  expect "a"
  file:write "the rest, that nobody sees"
  file:close()
  expectNothing()
end)

eventCase("a writer in a folder that was moved away holds up nothing", function(folder)
  shell("mkdir '%s/one' '%s/two'", folder, folder)
  local path = watched(folder, "one/a")
  local file = assert(io.open(path, "wb"))
  file:write "half"
  file:flush()
  expectNothing()
  write(folder .. "/two/a", "the other")
  shell("mv '%s/one' '%s/gone' && mv '%s/two' '%s/one'", folder, folder, folder, folder)
  assert(not core.changedFiles(), "what was half written in the old folder was reported")
  expect "a"
  file:close()
  expectNothing()
end)

eventCase("a save shows within few hundredths of a second", function(folder)
  local path = watched(folder, "a")
  shell("mkdir '%s/links' && ln -s ../a '%s/links/link'", folder, folder)
  local ways = {
    written = function(text) write(path, text) end,
    renamed = function(text)
      write(path .. ".new", text)
      assert(os.rename(path .. ".new", path))
    end,
    remade = function(text)
      os.remove(path)
      write(path, text)
    end,
  }
  local function fastest(save, names)
    local best = 1
    for i = 1, 5 do
      local before = core.seconds()
      save(("x"):rep(i + 10))
      expect(names)
      best = math.min(best, core.seconds() - before)
    end
    assert(best >= 0.008 and best < 0.03, "after " .. best)
  end
  for _, save in pairs(ways) do fastest(save, "a") end
  core.unwatch(path)
  core.watch(folder .. "/links/link")
  for _, save in pairs(ways) do fastest(save, "link") end
end)

-- Runs one in a new folder, and forgets what it watched.
function cases.run(fn)
  support.inFolder(function(folder)
    local watch, paths = core.watch, {}
    core.watch = function(path)
      paths[#paths + 1] = path
      watch(path)
    end
    local well, message = xpcall(function() fn(folder) end, debug.traceback)
    core.watch = watch
    for _, path in ipairs(paths) do core.unwatch(path) end
    assert(well, message)
  end)
end

return cases
