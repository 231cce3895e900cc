---@meta perilune.reload

---Hot reload: `local reload = require "perilune.reload"`, before the game's modules. The program does it by itself, and
---perilune.update does the rest. See perilune.persist and perilune.onReload too.
---@class perilune.reload
---@field error string? Of the last save, until the next good one; nil when all is well.
---@field seconds number? From the last save to its first sample; nil before it.
---@field at "now" When a new version takes the old one's place.
local reload = {}

---Runs a script with these arguments, as dofile does, and again whenever it is saved.
---@param path string
---@param ... any
---@return any value what it returns
function reload.run(path, ...) end

---Likewise, on trial: one that fails has no effect, is reported, and is run again when it is saved.
---@param path string
---@param ... any
---@return boolean well whether it succeeded
function reload.start(path, ...) end

---Raises what keeps a script from being run at all: it cannot be read, or is no Lua.
---@param path string
function reload.check(path) end

---The file that calls this is run again when the file at this path changes.
---@param path string
function reload.watch(path) end

---What is told of each reload, instead of standard error; nil takes it away.
---@param fn (fun(kind:"reloaded"|"error",text:string))?
function reload.report(fn) end

---Takes what was saved; perilune.update calls it.
function reload.update() end

---A traceback as reports have it: without what is perilune's own.
---@param message any
---@return any
function reload.traceback(message) end

return reload
