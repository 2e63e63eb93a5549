#!/bin/bash
# What files say, read in the sandbox: office documents, e-books, messages, PDF by its tools, scans by OCR, Arabic too. What
# cannot be read is told with its reason.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

sandboxed
python3 - <<'END'
import io, zipfile
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
def zipped(name, **files):
    with zipfile.ZipFile(name, 'w', zipfile.ZIP_DEFLATED) as z:
        for n, t in files.items():
            z.writestr(n.replace('__', '/').replace('_xml', '.xml').replace('_xhtml', '.xhtml').replace('_bin', '.bin').replace('TYPES', '[Content_Types].xml'), t)
zipped('a.docx', TYPES='<Types/>',
    word__document_xml=f'<?xml version="1.0"?><w:document {W}><w:body><w:p><w:r><w:t>The mill &amp; the </w:t></w:r><w:r><w:t>river</w:t></w:r></w:p>'
    '<w:p><w:r><w:instrText>HYPERLINK no</w:instrText><w:delText>gone</w:delText><w:t>Second\u00e9</w:t></w:r></w:p></w:body></w:document>',
    word__footnotes_xml=f'<w:footnotes {W}><w:p><w:t>A note</w:t></w:p></w:footnotes>')
zipped('a.odt', mimetype='application/vnd.oasis.opendocument.text',
    content_xml='<office:document-content><office:body><text:h>Head<text:s/>line</text:h><text:p>\u0645\u0631\u062d\u0628\u0627 <text:span>two</text:span><text:tab/>x</text:p></office:body></office:document-content>')
zipped('a.odp', mimetype='application/vnd.oasis.opendocument.presentation',
    **{'Object 1/content.xml': '<office:document-content><text:p>in an object</text:p></office:document-content>'}, content_xml='<x><draw:page><text:p>first slide</text:p></draw:page><draw:page><text:p>second slide</text:p></draw:page></x>')
zipped('a.pptx', TYPES='<Types/>', **{f'ppt__slides__slide{n}_xml': f'<p:sld {A}><a:p><a:t>slide {n}</a:t></a:p></p:sld>' for n in (10, 2, 1)})
zipped('a.xlsx', TYPES='<Types/>', xl__sharedStrings_xml='<sst><si><t>name</t></si><si><r><t>Ah</t></r><r><t>med</t></r><rPh><t>no</t></rPh></si></sst>',
    xl__worksheets__sheet1_xml='<worksheet><sheetData><row><c t="s"><v>0</v></c><c><v>41.5</v></c></row><row><c t="s"><v>1</v></c><c t="inlineStr"><is><t>in</t></is></c><c t="s"><v>99</v></c></row></sheetData></worksheet>')
zipped('a.epub', mimetype='application/epub+zip', OEBPS__1_xhtml='<html><body><h1>One</h1><p>chapter</p></body></html>', OEBPS__2_xhtml='<html><p>Two</p></html>')
with zipfile.ZipFile('spine.epub', 'w') as z: # read in an order that neither its names nor its zip file have
    z.writestr('mimetype', 'application/epub+zip')
    z.writestr('META-INF/container.xml', '<container><rootfiles><rootfile full-path="OEBPS/a/c.opf"/></rootfiles></container>')
    z.writestr('other.opf', '<package><manifest><item id="b" href="OEBPS/1.xhtml"/></manifest><spine><itemref idref="b"/></spine></package>')
    z.writestr('OEBPS/1.xhtml', '<html><p>chapter b</p></html>')
    z.writestr('OEBPS/a/0.xhtml', '<html><p>in no spine</p></html>')
    z.writestr('OEBPS/a/z&y.xhtml', '<html><p>chapter a</p></html>')
    z.writestr('OEBPS/a/c.opf', '<opf:package><opf:manifest><opf:item id="b" href=".././1.xhtml"/><opf:item href="z%26y.xhtml#x" id="a"/>'
        '<item id="c" href="../../../none.xhtml"/></opf:manifest><opf:spine><opf:itemref idref="c"/><opf:itemref idref="a"/>'
        '<opf:itemref idref="a"/><opf:itemref idref="b"/><opf:itemref idref="zz"/></opf:spine></opf:package>')
with zipfile.ZipFile('href.epub', 'w', zipfile.ZIP_DEFLATED) as z: # no name is so long, and each of the spine would be read
    z.writestr('mimetype', 'application/epub+zip')
    z.writestr('a.opf', '<package><manifest><item id="x" href="' + 'a&#x41;' * 3000000 + '"/></manifest><spine>' + '<itemref idref="x"/>' * 2000 + '</spine></package>')
    z.writestr('c.xhtml', '<html><p>chapter c</p></html>')
with zipfile.ZipFile('roots.epub', 'w', zipfile.ZIP_DEFLATED) as z: # each of the one would be looked for among all of the other
    z.writestr('mimetype', 'application/epub+zip')
    z.writestr('META-INF/container.xml', '<rootfile full-path="x"/>' * 400000)
    for n in range(1990):
        z.writestr(f'{n}.opf', '<package/>')
    z.writestr('c.xhtml', '<html><p>chapter d</p></html>')
# What whoever made it does not want to be read: under another prefix, in headers, comments and notes, in a chapter of a long
# name, in a part that is damaged or under a password, in what is embedded.
X = W.replace('xmlns:w', 'xmlns:_x')
zipped('b.docx', TYPES='<Types/>', word__document_xml=f'<_x:document {X}><_x:body><_x:p><_x:r><_x:t>own prefix</_x:t></_x:r></_x:p></_x:body></_x:document>',
    word__header1_xml=f'<w:hdr {W}><w:p><w:t>on top</w:t></w:p></w:hdr>', word__comments_xml=f'<w:comments {W}><w:p><w:t>beside it</w:t></w:p></w:comments>',
    word__embeddings__o_bin='x', word__vbaProject_bin='x')
zipped('b.odt', mimetype='application/vnd.oasis.opendocument.text', styles_xml='<x><style:header><text:p>at the top</text:p></style:header></x>',
    content_xml='<x><text:p>body</text:p></x>', **{'layout-cache': 'x', 'manifest.rdf': '<rdf:RDF/>'})
zipped('b.pptx', TYPES='<Types/>', ppt__slides__slide1_xml=f'<p:sld {A}><a:p><a:t>slide</a:t></a:p></p:sld>',
    ppt__notesSlides__notesSlide1_xml=f'<p:notes {A}><a:p><a:t>spoken</a:t></a:p></p:notes>', ppt__slideLayouts__l_xml=f'<p:sldLayout {A}><a:p><a:t>prompt</a:t></a:p></p:sldLayout>')
zipped('b.xlsx', TYPES='<Types/>', xl__worksheets__sheet1_xml='<x:worksheet><x:row><x:c><x:v>7</x:v></x:c></x:row></x:worksheet>',
    xl__printerSettings__printerSettings1_bin='x', xl__comments1_xml='<comments><comment><text><r><t>remark</t></r></text></comment></comments>')
zipped('b.epub', mimetype='application/epub+zip', **{'\u0433' + 'x' * 210 + '_xhtml': '<html><p>long name</p></html>'})
# And in parts whose names are others than programs give them, or of what is passed over.
zipped('c.xlsx', TYPES='<Types/>', xl__Strings_xml='<sst><si><t>shared words</t></si></sst>', ppt__slideMasters__m_xml='<p><t>no master</t></p>',
    xl__worksheets__Sheet1_xml='<?xml version="1.0"?><!-- <a> --><x:worksheet><x:row><x:c t="s"><x:v>0</x:v></x:c><x:c><x:v>11</x:v></x:c></x:row></x:worksheet>',
    word__document_xml='<worksheet><row><c><v>12</v></c></row></worksheet>', **{'xl/picture.png': '\ufeff<worksheet><row><c><v>13</v></c></row></worksheet>'})
zipped('c.epub', mimetype='application/epub+zip', a_xml='<html><p>a chapter</p></html>', **{'t.ncx': '<ncx><text>heading</text></ncx>', 'p.svg': '<svg/>', 'p.png': '\x89PNG'})
zipped('c.docx', TYPES='<Types/>', word__document_xml='<w:document/>', **{'word/p.png': '<w:document><w:p><w:t>in a picture</w:t></w:p></w:document>'})
# And in what is no UTF-8, or pretends to be.
T = '<w:document><w:p><w:t>%s</w:t></w:p></w:document>'
zipped('wide.docx', TYPES='<Types/>', word__document_xml=('<?xml version="1.0" encoding="UTF-16"?>' + T % 'both bytes').encode('utf-16'),
    word__header1_xml=(T % 'no mark').encode('utf-16-be'), word__header2_xml=(T % 'nor here').encode('utf-16-le'))
zipped('legacy.odt', mimetype='application/vnd.oasis.opendocument.text',
    content_xml='<?xml version="1.0" encoding="windows-1251"?><x><text:p>\u0441\u043b\u043e\u0432\u0430</text:p></x>'.encode('cp1251'))
zipped('nul.epub', mimetype='application/epub+zip', a_xhtml='<\0html><p>not wide')
zipped('broken.docx', TYPES='<Types/>', word__document_xml=b'<w:p><w:t>first</w:t></w:p><w:p><w:t>' + b'\x80' * 400000 + b'</w:t></w:p><w:p><w:t>last</w:t></w:p>')
zipped('bomb.xlsx', TYPES='<Types/>', xl__sharedStrings_xml='<sst><si><t>' + 'y' * 100000 + '</t></si></sst>',
    xl__worksheets__sheet1_xml='<worksheet><row>' + '<c t="s"><v>0</v></c>' * 20000 + '</row></worksheet>')
whole = open('b.pptx', 'rb').read()
at = whole.index(b'ppt/slides/slide1.xml') + len('ppt/slides/slide1.xml')
open('damaged.pptx', 'wb').write(whole[:at + 4] + bytes([whole[at + 4] ^ 255]) + whole[at + 5:])
zipped('plain.zip', x='nothing of a document')
zipped('empty.docx', TYPES='<Types/>', word__other_xml='<x/>')
open('a.eml', 'w').write('From: a@b\nTo: c@d\nSubject: hello =?utf-8?B?2YPYqtin2Kg=?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n'
    '--x\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nna=C3=AFve words\n'
    '--x\nContent-Type: text/plain; charset=windows-1256\nContent-Transfer-Encoding: quoted-printable\n\n=DF=CA=C7=C8 two\n'
    '--x\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nAAAA\n--x--\n')
# The charset that a message says is none of ours, or a lie.
open('b.eml', 'wb').write(b'From: a@b\nTo: c@d\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n'
    b'--x\nContent-Type: text/plain; charset=US-ASCII\n\n' + '\u041f\u0438\u0441\u044c\u043c\u043e \u043e\u0434\u043d\u043e \u043e\u0442 \u043d\u0435\u0433\u043e'.encode('koi8-r') +
    b'\n--x\nContent-Type: text/html; charset=iso-8859-5\n\n<html><meta charset=windows-1251><p>' + '\u0434\u0432\u0430'.encode('cp1251') + b'</p>\n--x--\n')
open('old.doc', 'wb').write(bytes.fromhex('d0cf11e0a1b11ae1') + bytes(600))
open('wide.html', 'w', encoding='utf-16').write('<html><p>Gr\u00fc\u00dfe, &amp;c.</html>')
open('a.srt', 'w').write('1\n00:00:01,000 --> 00:00:02,000\nHello\n')
END
text() { ok sr inspect --text "$@"; }
text a.docx
has '^The mill & the river$'
has '^Secondé$'
has '^A note$'
hasnt 'HYPERLINK|gone'
text a.odt
has '^Head line$'
has 'مرحبا two'
text a.odp
has '3 pages, whole'
has '^second slide$'
has '^in an object$'
same "$(sed -n 4p out)" 'first slide'
ok sr inspect --text a.pptx
[[ $(grep '^slide' out | tr '\n' ' ') == 'slide 1 slide 2 slide 10 ' ]] || fail 'slides out of order'
text a.xlsx
has $'^name\t41.5$'
has $'^Ahmed\tin\t?$'
hasnt 'no$'
text a.epub
has '^chapter$'
has '--- page 2'
text spine.epub
same "$(grep -E '^(chapter|in no)' out | tr '\n' ',')" 'chapter a,chapter b,in no spine,'
text href.epub
has '^chapter c$'
text roots.epub
has '^chapter d$'
text b.docx
has '^own prefix$'
has '^on top$'
has '^beside it$'
has 'whole: 2 members of it are not read: what is embedded, macros'
text b.odt b.pptx b.xlsx b.epub
for words in 'at the top' body slide spoken 7 remark 'long name'; do has "^$words\$"; done
hasnt 'prompt|not read'
text c.xlsx c.epub
for words in $'shared words\t11' 'no master' 12 13 'a chapter'; do has "^$words\$"; done
hasnt 'heading|not read'
text c.docx
has '^in a picture$'
has 'whole: 1 member of it is not read'
text wide.docx legacy.odt nul.epub broken.docx
for words in 'both bytes' 'no mark' 'nor here' слова 'not wide' first last; do has "^$words\$"; done
hasnt 'capped'
text bomb.xlsx
has '1 page, whole'
has '--- page 1, cut: the page has more text than is taken ---'
text damaged.pptx
has 'damaged.pptx: .*broken: a part of it is damaged'
text a.eml
has '^subject: hello كتاب$'
has 'naïve words'
has '^كتاب two$'
has '^\[03-a.pdf\]$'
text b.eml
has '^Письмо одно от него$'
has '^два$'
text wide.html
has '^Grüße, &c\.$'
text a.srt
has 'is text itself, utf-8'
text old.doc plain.zip empty.docx /usr/bin/env
has '^old.doc: broken: its sectors have a size that is none'
has '^plain.zip: unread: a container'
has '^empty.docx: unread: it has none of the parts'
has '^/usr/bin/env: unread: there is nothing in it'
refused 2 'no --depth' sr inspect --text --depth 3 a.odt
refused 2 'go with --text' sr inspect --draw a.odt
refused 2 'between plus signs' sr inspect --text --ocr 'eng;x' a.odt
refused 1 'nothing is there' sr inspect --text none a.odt
refused 2 'is no file' sr inspect --text .

[[ -x /usr/bin/pdftotext && -x /usr/bin/pdftoppm ]] || skip 'poppler-utils is not installed'
# A page of text, an empty one, and a scan: the page of text as a picture.
python3 - <<'END'
def pdf(name, pages, images=()):
    out, objs = b'%PDF-1.4\n', {1: b'<</Type/Catalog/Pages 2 0 R>>', 3: b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'}
    kids = []
    for i, (content, image) in enumerate(pages):
        n = 10 + 3 * i
        kids.append(b'%d 0 R' % n)
        x = b'/XObject<</I %d 0 R>>' % (n + 2) if image else b''
        objs[n] = b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>%s>>>>' % (n + 1, x)
        objs[n + 1] = b'<</Length %d>>stream\n%s\nendstream' % (len(content), content)
        if image:
            w, h, data = image
            objs[n + 2] = b'<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>stream\n%s\nendstream' % (w, h, len(data), data)
    objs[2] = b'<</Type/Pages/Kids[' + b' '.join(kids) + b']/Count %d>>' % len(pages)
    for n, o in sorted(objs.items()):
        out += b'%d 0 obj%s endobj\n' % (n, o)
    open(name, 'wb').write(out + b'trailer<</Root 1 0 R>>\n%%EOF\n')
line = b'BT /F 28 Tf 60 700 Td (Meeting at the old mill) Tj ET'
pdf('text.pdf', [(line, None), (b'', None), (b'BT /F 20 Tf 60 600 Td (third page) Tj ET', None)])
import subprocess, sys
pgm = subprocess.run(['pdftoppm', '-r', '200', '-gray', '-f', '1', '-l', '1', 'text.pdf'], capture_output=True, check=True).stdout
head, size, depth, data = pgm.split(b'\n', 3)
w, h = map(int, size.split())
pdf('scan.pdf', [(b'q 595 0 0 842 0 0 cm /I Do Q', (w, h, data)), (line, None)])
open('scan.pgm', 'wb').write(pgm)
END
ok sr inspect --text --ocr no --draw text.pdf
has '3 pages, whole'
has '^Meeting at the old mill$'
has '--- page 3 ---'
has 'page 1: 1166 x 1650'
head -c 300 text.pdf >cut.pdf
text --draw cut.pdf
has '^cut.pdf: broken'
has 'is not drawn: pdftoppm gives nothing'
[[ -x /usr/bin/tesseract ]] || skip 'tesseract-ocr is not installed'
text --ocr eng scan.pdf scan.pgm text.pdf
has '2 pages, 1 by OCR \(eng\), whole'
has '--- page 1, ocr ---'
has '--- page 2, blank ---'
[[ $(grep -c '^Meeting at the old mill$' out) -eq 4 ]] || fail 'OCR has other words'
text --ocr xxx scan.pgm
has 'no trained data for its languages: install tesseract-ocr-'
[[ -r /usr/share/tesseract-ocr/5/tessdata/ara.traineddata && -r /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ]] ||
	skip 'no trained data of Arabic (tesseract-ocr-ara), or no DejaVu fonts'
# Arabic words in the shapes that they are printed in, drawn with a font that the document brings, read as a picture.
python3 - <<'END'
import struct
font = open('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf', 'rb').read()
tables = {font[i:i + 4]: struct.unpack('>II', font[i + 8:i + 16]) for i in range(12, 12 + 16 * struct.unpack('>H', font[4:6])[0], 16)}
cmap = tables[b'cmap'][0]
def glyph(cp):
    for i in range(struct.unpack('>H', font[cmap + 2:cmap + 4])[0]):
        at = cmap + struct.unpack('>I', font[cmap + 8 + 8 * i:cmap + 12 + 8 * i])[0]
        if struct.unpack('>H', font[at:at + 2])[0] != 4:
            continue
        n = struct.unpack('>H', font[at + 6:at + 8])[0] // 2
        part = lambda k: struct.unpack('>%dH' % n, font[at + 14 + k:at + 14 + k + 2 * n])
        ends, starts, deltas, offsets = part(0), part(2 * n + 2), part(4 * n + 2), part(6 * n + 2)
        for k in range(n):
            if starts[k] <= cp <= ends[k]:
                if offsets[k] == 0:
                    return (cp + deltas[k]) & 0xffff
                where = at + 14 + 6 * n + 2 + 2 * k + offsets[k] + 2 * (cp - starts[k])
                return struct.unpack('>H', font[where:where + 2])[0]
hhea, hmtx = tables[b'hhea'][0], tables[b'hmtx'][0]
wide = struct.unpack('>H', font[hhea + 34:hhea + 36])[0]
def width(g):
    g = min(g, wide - 1)
    return struct.unpack('>H', font[hmtx + 4 * g:hmtx + 4 * g + 2])[0] * 1000 // 2048
# kitab, madrasa, madina in the shapes that letters have in words, from right to left
words = [[0xFEDB, 0xFE98, 0xFE8E, 0xFE8F], [0xFEE3, 0xFEAA, 0xFEAD, 0xFEB3, 0xFE94], [0xFEE3, 0xFEAA, 0xFEF3, 0xFEE8, 0xFE94]]
line = [g for w in words for g in [glyph(c) for c in w] + [glyph(32)]][::-1]
used = sorted(set(line))
objs = {1: b'<</Type/Catalog/Pages 2 0 R>>', 2: b'<</Type/Pages/Kids[4 0 R]/Count 1>>',
    4: b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F 6 0 R>>>>>>',
    6: b'<</Type/Font/Subtype/Type0/BaseFont/D/Encoding/Identity-H/DescendantFonts[7 0 R]>>',
    7: b'<</Type/Font/Subtype/CIDFontType2/BaseFont/D/CIDToGIDMap/Identity/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 8 0 R/W[%s]>>'
        % b' '.join(b'%d[%d]' % (g, width(g)) for g in used),
    8: b'<</Type/FontDescriptor/FontName/D/Flags 4/FontBBox[-1000 -300 1500 1000]/ItalicAngle 0/Ascent 900/Descent -200/CapHeight 700/StemV 80/FontFile2 9 0 R>>',
    9: b'<</Length %d>>stream\n%s\nendstream' % (len(font), font)}
text = b''.join(b'%04x' % g for g in line * 2)
body = b'BT /F 20 Tf 60 TL 60 700 Td ' + b'<%s> Tj 0 -40 Td ' % text * 8 + b'ET'
objs[5] = b'<</Length %d>>stream\n%s\nendstream' % (len(body), body)
open('arabic.pdf', 'wb').write(b'%PDF-1.4\n' + b''.join(b'%d 0 obj%s endobj\n' % o for o in sorted(objs.items())) + b'trailer<</Root 1 0 R>>\n%%EOF\n')
END
pdftoppm -r 200 -gray -singlefile arabic.pdf arabic 2>/dev/null
text --ocr ara arabic.pgm
has 'كتاب'
has 'مدرسة'
has 'by OCR \(ara\)'
