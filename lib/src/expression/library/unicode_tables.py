# Writes unicode_tables.inc from Python's unicodedata (BMP: a .NET char is one UTF-16 unit).
import unicodedata as u
order=['Lu','Ll','Lt','Lm','Lo','Mn','Mc','Me','Nd','Nl','No','Zs','Zl','Zp','Cc','Cf','Cs','Co','Pc','Pd','Ps','Pe','Pi','Pf','Po','Sm','Sc','Sk','So','Cn']
idx={c:i for i,c in enumerate(order)}
cats=[idx[u.category(chr(c))] for c in range(0x10000)]
runs=[]  # start, cat, alt (alternating cat with next)
c=0
while c<0x10000:
    a=cats[c]
    e=c
    while e<0x10000 and cats[e]==a: e+=1
    # alternating Lu/Ll
    if e-c==1 and a in (0,1):
        b=1-a; f=c
        while f<0x10000 and cats[f]==(a if (f-c)%2==0 else b): f+=1
        if f-c>=4:
            runs.append((c,a,1)); c=f; continue
    runs.append((c,a,0)); c=e
def single(f,c):
    s=f(chr(c))
    return ord(s) if len(s)==1 else c
def maps(f):
    out=[]
    pts=[(c,single(f,c)) for c in range(0x10000) if not 0xD800<=c<0xE000]
    pts=[(c,m) for c,m in pts if m!=c and m<0x10000]
    i=0
    while i<len(pts):
        best=None
        for step in (1,2):
            j=i
            while j+1<len(pts) and pts[j+1][0]==pts[j][0]+step and pts[j+1][1]-pts[j+1][0]==pts[i][1]-pts[i][0]: j+=1
            if best is None or j>best[0]: best=(j,step)
        j,step=best
        out.append((pts[i][0],pts[j][0],step,pts[i][1]-pts[i][0]))
        i=j+1
    return out
up=maps(str.upper); lo=maps(str.lower)
# invariant .NET mapping leaves dotless i and long s etc. as simple mappings say; U+0130 and U+0131 stay
up=[m for m in up if m[0]!=0x131]; lo=[m for m in lo if m[0]!=0x130]
def emit(name,rows,fmt,per):
    s=f'constexpr {name} = {{\n'
    for i in range(0,len(rows),per):
        s+='    '+' '.join(fmt%r+',' for r in rows[i:i+per])+'\n'
    return s+'};\n'
with open('unicode_tables.inc','w') as o:
    o.write('// Unicode %s, the basic plane. Made by unicode_tables.py.\n'%u.unidata_version)
    o.write(emit('Run kRuns[]',runs,'{0x%X, %d, %d}',7))
    o.write(emit('Mapping kUpper[]',up,'{0x%X, 0x%X, %d, %d}',4))
    o.write(emit('Mapping kLower[]',lo,'{0x%X, 0x%X, %d, %d}',4))
print(len(runs),len(up),len(lo))
