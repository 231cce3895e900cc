-- What the specs of perilune.reload share: a folder of files that are saved, and what is reported of them. A spec calls
-- `begin` in its lazy_setup and `finish` in its lazy_teardown.
local support = require "support"
local reload = require "perilune.reload"

local reloading = { folder = support.folderName(), reports = {} }
local folder, reports = reloading.folder, reloading.reports

package.path = folder .. "/?.lua;" .. package.path

function reloading.begin()
  support.makeFolder(folder)
  support.default()
  reload.report(function(kind, text) reports[#reports + 1] = { kind = kind, text = text } end)
end

function reloading.finish()
  reload.report(nil)
  support.removeFolder(folder)
end

function reloading.write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
end

-- Saves a file and waits for what comes of it.
function reloading.save(name, text)
  local before = #reports
  reloading.write(name, text)
  assert(support.wait(function() return #reports > before end), "nothing was reloaded")
  return reports[before + 1]
end

local function expect(kind, name, text)
  local report = reloading.save(name, text)
  assert(report.kind == kind, report.text)
  return report.text
end

function reloading.reloaded(name, text) return expect("reloaded", name, text) end
function reloading.refused(name, text) return expect("error", name, text) end

-- A new module of its own: its value, its file, its name.
local count = 0
function reloading.module(text)
  count = count + 1
  local name = "reloading" .. count
  reloading.write(name .. ".lua", text)
  return require(name), name .. ".lua", name
end

return reloading
