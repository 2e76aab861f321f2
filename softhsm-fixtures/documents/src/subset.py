"""Cuts Noto Serif CJK SC down to the characters of the sample documents and gives them TrueType outlines.

Chromium embeds fonts with PostScript outlines as one Type 3 font for each character; with TrueType outlines it embeds a
proper subset. Usage: subset.py OUT.ttf WEIGHT TEXTFILE...
"""
import sys

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, newTable

out, weight, *sources = sys.argv[1:]
collection = TTCollection(f"/usr/share/fonts/opentype/noto/NotoSerifCJK-{weight}.ttc")
font = next(f for f in collection if f["name"].getDebugName(1).startswith("Noto Serif CJK SC"))
characters = set("".join(open(source, encoding="utf-8").read() for source in sources)) | set(map(chr, range(32, 127)))

options = Options()
options.layout_features = ["kern"]
options.glyph_names = False
subsetter = Subsetter(options)
subsetter.populate(text="".join(sorted(characters)))
subsetter.subset(font)

order = font.getGlyphOrder()
glyphs = font.getGlyphSet()
table = newTable("glyf")
table.glyphOrder = order
table.glyphs = {}
for name in order:
    pen = TTGlyphPen(glyphs)
    glyphs[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
    table.glyphs[name] = pen.glyph()
font["loca"] = newTable("loca")
font["glyf"] = table
del font["CFF "]
for extra in ("VORG", "BASE", "vhea", "vmtx", "GSUB", "GPOS"):
    if extra in font:
        del font[extra]

maxp = font["maxp"]
maxp.tableVersion = 0x00010000
for field in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs",
              "maxStackElements", "maxSizeOfInstructions", "maxComponentElements", "maxComponentDepth",
              "maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours"):
    setattr(maxp, field, 1 if field == "maxZones" else 0)
font["post"].formatType = 3.0
font.sfntVersion = "\x00\x01\x00\x00"
font.save(out)
