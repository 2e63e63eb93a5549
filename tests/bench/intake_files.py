"""intake_files.py FOLDER COUNT - small mixed files, the same at each run: text as of manuals and licences, PDF, HTML, mail, zip."""
import os
import random
import sys
import zipfile

folder, count = sys.argv[1], int(sys.argv[2])
rnd = random.Random(6)
os.makedirs(folder)
WORDS = ('the of and to a in is that for it as was with be by on not he his but at are this have from or had an they which one you were '
         'all her she there would their we him been has when who will no more if out so up said what its about than into them can only '
         'other time new some could these two may first then do any like my now over such our man me even most made after also did many '
         'permission notice copyright warranty software document section archive letter meeting river mill record').split()


def sentence():
    return ' '.join(rnd.choice(WORDS) for _ in range(rnd.randint(6, 16))).capitalize() + '.'


def text(sentences):
    return '\n'.join(sentence() for _ in range(sentences)) + '\n'


def pdf(pages):
    kids = b' '.join(b'%d 0 R' % (10 + 2 * i) for i in range(pages))
    objs = {1: b'<</Type/Catalog/Pages 2 0 R>>', 2: b'<</Type/Pages/Kids[%s]/Count %d>>' % (kids, pages),
            3: b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'}
    for i in range(pages):
        lines = b' '.join(b'(%s) Tj T*' % sentence().encode()[:70] for _ in range(25))
        body = b'BT /F 11 Tf 14 TL 60 780 Td %s ET' % lines
        objs[10 + 2 * i] = b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>' % (11 + 2 * i)
        objs[11 + 2 * i] = b'<</Length %d>>stream\n%s\nendstream' % (len(body), body)
    out, at = b'%PDF-1.4\n', {}
    for n, o in sorted(objs.items()):
        at[n] = len(out)
        out += b'%d 0 obj%s endobj\n' % (n, o)
    start = len(out)
    out += b'xref\n0 1\n0000000000 65535 f \n' + b''.join(b'%d 1\n%010d 00000 n \n' % (n, at[n]) for n in sorted(at))
    return out + b'trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n' % (max(objs) + 1, start)


def write(name, data):
    with open(os.path.join(folder, name), 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())


for n in range(count - count // 100):  # the rest are pictures
    kind = n % 100
    if kind < 45:
        write('%05d.txt' % n, text(rnd.randint(10, 120)))
    elif kind < 58:
        write('%05d.1' % n, '.TH NAME 1\n.SH NAME\nname \\- ' + sentence() + '\n.SH DESCRIPTION\n' + text(rnd.randint(20, 80)))
    elif kind < 78:
        write('%05d.pdf' % n, pdf(rnd.randint(1, 3)))
    elif kind < 88:
        write('%05d.html' % n, '<!DOCTYPE html><title>%s</title>' % sentence() + ''.join('<p>%s</p>' % sentence() for _ in range(30)))
    elif kind < 96:
        write('%05d.eml' % n, 'From: a@example.org\nTo: b@example.org\nSubject: %s\nMIME-Version: 1.0\n\n%s' % (sentence(), text(15)))
    elif kind < 98:
        write('%05d.csv' % n, ''.join('%d,%s,%d\n' % (i, rnd.choice(WORDS), rnd.randint(0, 999)) for i in range(200)))
    else:
        with zipfile.ZipFile(os.path.join(folder, '%05d.zip' % n), 'w', zipfile.ZIP_DEFLATED) as z:
            z.writestr(zipfile.ZipInfo('inside.txt'), text(30))
