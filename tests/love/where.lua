-- perilune as games find it: by package.cpath, or by LÖVE's own path for C modules, below the game or its save folder.
if os.getenv "PERI_VIA" == "crequire" then
  love.filesystem.setCRequirePath "native/??"
else
  package.cpath = os.getenv "PERI_CPATH" .. ";" .. package.cpath
end

return require "perilune"
