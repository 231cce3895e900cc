-- Run by the program for reference_spec.lua: what perilune.host has.
for name, value in pairs(require "perilune.host") do print(name .. " " .. type(value)) end
