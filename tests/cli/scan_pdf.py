"""scan_pdf.py OUT PAGES: a scan, that is, a PDF whose pages are pictures of a page of text and hold no letter. Each
says which sheet it is, in two columns, the left of which is to be read to its end before the right."""
import subprocess
import sys
import zlib


def pdf(name, pages):
    objs = {1: b'<</Type/Catalog/Pages 2 0 R>>', 3: b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'}
    kids = []
    for i, (content, image) in enumerate(pages):
        n = 10 + 3 * i
        kids.append(b'%d 0 R' % n)
        x = b'/XObject<</I %d 0 R>>' % (n + 2) if image else b''
        objs[n] = (b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>%s>>>>'
                   % (n + 1, x))
        objs[n + 1] = b'<</Length %d>>stream\n%s\nendstream' % (len(content), content)
        if image:
            w, h, data = image
            objs[n + 2] = (b'<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode/Length %d>>'
                           b'stream\n%s\nendstream' % (w, h, len(data), data))
    objs[2] = b'<</Type/Pages/Kids[' + b' '.join(kids) + b']/Count %d>>' % len(pages)
    with open(name, 'wb') as f:
        f.write(b'%PDF-1.4\n' + b''.join(b'%d 0 obj%s endobj\n' % o for o in sorted(objs.items())) + b'trailer<</Root 1 0 R>>\n%%EOF\n')


NAMES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']


def text(n):
    words = ('the river runs below the bridge and nobody of the village has seen who came over it in the night before the '
             'market because rain fell and all the lamps were out until the morning ').split()
    columns = []
    for first, last in (('Meeting at the old mill', 'and ends here first'), ('The right column begins', 'and this is the last')):
        lines = [first] + [' '.join(words[(5 * k) % 30:(5 * k) % 30 + 5]) for k in range(8)] + [last]
        columns.append(lines)
    columns[0][1] = 'This is sheet ' + (NAMES[n - 1] if n <= len(NAMES) else str(n))
    out = b'BT /F 20 Tf 60 770 Td (A paper of two columns) Tj ET '
    for x, lines in zip((60, 320), columns):
        out += b'BT /F 12 Tf 20 TL %d 700 Td ' % x + b''.join(b'(%s) Tj T* ' % w.encode() for w in lines) + b'ET '
    return out


def main(out, count):
    pdf('typed.pdf', [(text(n + 1), None) for n in range(count)])
    pages = []
    for n in range(count):
        pgm = subprocess.run(['pdftoppm', '-r', '150', '-gray', '-f', str(n + 1), '-l', str(n + 1), 'typed.pdf'],
                             capture_output=True, check=True).stdout
        _, size, _, data = pgm.split(b'\n', 3)
        w, h = map(int, size.split())
        pages.append((b'q 595 0 0 842 0 0 cm /I Do Q', (w, h, zlib.compress(data, 1))))
    pdf(out, pages)


main(sys.argv[1], int(sys.argv[2]))
