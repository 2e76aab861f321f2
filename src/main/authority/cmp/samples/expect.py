# Field expectations of the samples from the output of `openssl asn1parse`.
import subprocess, sys, os, re, json, hashlib, glob
root=sys.argv[1]
line=re.compile(r'^\s*(\d+):d=(\d+)\s+hl=(\d+)\s+l=\s*(\d+)\s+(cons|prim):\s+(.*)$')
class N:
    pass
def tree(path):
    data=open(path,'rb').read()
    out=subprocess.run(['openssl','asn1parse','-inform','DER','-in',path],capture_output=True,text=True,check=True).stdout
    stack=[];top=None
    for l in out.splitlines():
        m=line.match(l)
        if not m: continue
        o,d,hl,ln=map(int,m.groups()[:4])
        n=N();n.tag=data[o];n.raw=data[o:o+hl+ln];n.val=data[o+hl:o+hl+ln];n.kids=[];n.words=m.group(6)
        del stack[d:]
        if stack: stack[-1].kids.append(n)
        else: top=n
        stack.append(n)
    return top
def h(b): return b.hex() if len(b)<=32 else 'sha256:'+hashlib.sha256(b).hexdigest()[:32]
def oid(b):
    arcs=[];a=0
    for c in b:
        a=a*128+(c&127)
        if c<128: arcs.append(a);a=0
    f=arcs[0];r=min(f//40,2)
    return '.'.join(map(str,[r,f-40*r]+arcs[1:]))
def num(b): return int.from_bytes(b,'big',signed=True)
def texts(n): return [k.val.decode('utf8') for k in n.kids]
def status(n):
    k=n.kids; r={'status':num(k[0].val),'text':[],'bits':None}
    for x in k[1:]:
        if x.tag==0x30: r['text']=texts(x)
        else:
            un=x.val[0]; bits=x.val[1:]; r['bits']=[i for i in range(len(bits)*8-un) if bits[i//8]&(0x80>>(i%8))]
    return r
def attrs(n): return [[oid(a.kids[0].val),h(a.kids[1].raw) if len(a.kids)>1 else None] for a in n.kids]
def template(n,tag=0x30):
    r=dict(version=None,serial=None,issuer=None,validity=None,subject=None,publicKey=None,extensions=None)
    for k in n.kids:
        t=k.tag
        if t==0x80: r['version']=num(k.val)
        elif t==0x81: r['serial']=k.val.hex()
        elif t==0xa3: r['issuer']=h(k.kids[0].raw)
        elif t==0xa4: r['validity']=[x.kids[0].val.decode() for x in k.kids]
        elif t==0xa5: r['subject']=h(k.kids[0].raw)
        elif t==0xa6: r['publicKey']=h(b'\x30'+k.raw[1:])
        elif t==0xa9: r['extensions']=h(b'\x30'+k.raw[1:])
        else: raise Exception('template %x'%t)
    return r
def serial(cert): 
    t=cert.kids[0].kids
    return (t[1] if t[0].tag==0xa0 else t[0]).val.hex()
def body(b):
    n=b.tag&31; c=b.kids[0]; r={'number':n}
    if n in (0,2,7):
        rs=[]
        for m in c.kids:
            q=m.kids[0]; e={'certReqId':num(q.kids[0].val),'template':template(q.kids[1]),'controls':attrs(q.kids[2]) if len(q.kids)>2 else [],'certRequest':h(q.raw),'popo':None,'regInfo':[]}
            for x in m.kids[1:]:
                if x.tag==0x80: e['popo']='raVerified'
                elif x.tag==0xa1: e['popo']=[h(x.kids[0].raw),h(x.kids[1].val[1:])]
                elif x.tag==0x30: e['regInfo']=attrs(x)
                else: raise Exception()
            rs.append(e)
        r['requests']=rs
    elif n in (1,3,8):
        k=list(c.kids); r['caPubs']=[]
        if k[0].tag==0xa1: r['caPubs']=[serial(x) for x in k.pop(0).kids[0].kids]
        r['responses']=[]
        for x in k[0].kids:
            e={'certReqId':num(x.kids[0].val),'status':status(x.kids[1]),'certificate':None,'serial':None}
            if len(x.kids)>2:
                cert=x.kids[2].kids[0].kids[0]; e['certificate']=h(cert.raw); e['serial']=serial(cert)
            r['responses'].append(e)
    elif n==4: r['csr']=h(c.raw)
    elif n==11: r['revoke']=[{'template':template(x.kids[0]),'details':h(x.kids[1].raw) if len(x.kids)>1 else None} for x in c.kids]
    elif n==12:
        r['statuses']=[status(x) for x in c.kids[0].kids]; r['certIds']=[]
        for x in c.kids[1:]:
            assert x.tag==0xa0
            r['certIds']=[[h(y.kids[0].raw),y.kids[1].val.hex()] for y in x.kids[0].kids]
    elif n==19: assert c.tag==5
    elif n in (21,22): r['infos']=attrs(c)
    elif n==23:
        r['status']=status(c.kids[0]); r['code']=None; r['details']=[]
        for x in c.kids[1:]:
            if x.tag==2: r['code']=num(x.val)
            else: r['details']=texts(x)
    elif n==24:
        r['conf']=[]
        for x in c.kids:
            e={'hash':x.kids[0].val.hex(),'certReqId':num(x.kids[1].val),'status':None}
            for y in x.kids[2:]: e['status']=status(y)
            r['conf'].append(e)
    elif n==25: r['poll']=[num(x.kids[0].val) for x in c.kids]
    elif n==26: r['replies']=[[num(x.kids[0].val),num(x.kids[1].val),texts(x.kids[2]) if len(x.kids)>2 else []] for x in c.kids]
    else: raise Exception(n)
    return r
res={}
for f in sorted(glob.glob(root+'/*/*.der')):
    t=tree(f); hd=t.kids[0].kids
    H={'pvno':num(hd[0].val),'sender':h(hd[1].raw),'recipient':h(hd[2].raw),'time':None,'alg':None,'algOid':None,'senderKid':None,'recipKid':None,'transactionId':None,'senderNonce':None,'recipNonce':None,'freeText':[],'infos':[]}
    for k in hd[3:]:
        n=k.tag&31;x=k.kids[0]
        if n==0: H['time']=x.val.decode()
        elif n==1: H['alg']=h(x.raw);H['algOid']=oid(x.kids[0].val)
        elif n==7: H['freeText']=texts(x)
        elif n==8: H['infos']=attrs(x)
        else: H[{2:'senderKid',3:'recipKid',4:'transactionId',5:'senderNonce',6:'recipNonce'}[n]]=x.val.hex()
    P=None;E=[]
    for k in t.kids[2:]:
        if k.tag==0xa0: P=h(k.kids[0].val[1:])
        else: E=[[serial(x),h(x.raw)] for x in k.kids[0].kids]
    res[os.path.relpath(f,root)]={'header':H,'body':body(t.kids[1]),'protection':P,'extraCerts':E}
json.dump(res,open(root+'/expected.json','w'),indent=1); print(len(res))
