"""A variational autoencoder of a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bridge.quality.baselines.generator import Column
from bridge.quality.baselines.scores import Scores, fit_scores

@dataclass
class VAE:
    latent: int = 8
    hidden: int = 128
    beta: float = 1.0
    k: int = 1
    hetero: bool = True
    steps: int = 8000
    batch: int = 256
    rate: float = 2e-3
    decay: float = 0.999
    free: float = 0.0
    stage2: str = ''
    name: str = "VAE"
    calib: bool = True

    def fit(self, frame, columns, seed):
        torch.manual_seed(seed); torch.set_num_threads(1)
        rng = np.random.default_rng(seed)
        self.scores = scores = fit_scores(frame, columns)
        codes = scores.codes(frame)
        oh = np.concatenate([np.eye(len(l))[c] for l, c in zip(scores.levels, codes.T)], axis=1) if codes.shape[1] else np.zeros((len(frame),0))
        N = len(scores.curves); sizes=[len(l) for l in scores.levels]
        net = Net(N, sizes, self.latent, self.hidden, self.hetero)
        avg = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(self.decay))
        opt = torch.optim.Adam(net.parameters(), lr=self.rate)
        sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, self.steps)
        ot = torch.from_numpy(oh).float()
        step=0; tot=[]
        while step < self.steps:
            x = torch.from_numpy(scores.numbers(frame, rng)).float()
            data = torch.cat([x, ot], 1)
            for rows in torch.randperm(len(data)).split(self.batch):
                if len(rows)<self.batch and len(data)>self.batch: continue
                w = min(1.0, step/ (0.2*self.steps)) * self.beta
                loss = net.loss(data[rows], w, self.k)
                opt.zero_grad(); loss.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 5.0)
                opt.step(); sch.step(); avg.update_parameters(net)
                step+=1
                tot.append(loss.item())
                if step>=self.steps: break
        self.net = avg.module
        with torch.no_grad():
            mu, ls = self.net.encode(data); kl = 0.5*(mu**2+torch.exp(2*ls)-1-2*ls).mean(0)
            print('loss', round(np.mean(tot[-200:]),3), 'kl', [round(float(v),2) for v in kl], 'agg mean', float(mu.mean(0).abs().max()), 'agg sd', [round(float(v),2) for v in (mu.var(0)+torch.exp(2*ls).mean(0)).sqrt()])
            self.mu, self.ls = mu, ls
        self.cal=None
        if self.calib:
            x,_ = self.raw(20000, seed+1)
            self.cal=np.quantile(x, (np.arange(2000)+.5)/2000, axis=0)
        return self
    def raw(self, count, seed):
        torch.manual_seed(seed)
        with torch.no_grad():
            z = torch.randn(count, self.latent)
            if self.stage2=='gmm':
                if not hasattr(self,'gm'):
                    from sklearn.mixture import GaussianMixture
                    zz=(self.mu+torch.exp(self.ls)*torch.randn_like(self.mu)).numpy()
                    self.gm=GaussianMixture(20,random_state=0).fit(zz)
                self.gm.random_state=seed
                z=torch.from_numpy(self.gm.sample(count)[0]).float()
                z=z[torch.randperm(count)]
            return self.net.draw(z)
    def sample(self, count, seed):
        from scipy.special import ndtri
        x, codes = self.raw(count, seed)
        if self.cal is not None:
            q=ndtri((np.arange(2000)+.5)/2000)
            x=np.stack([np.interp(a, c, q) for a,c in zip(x.T,self.cal.T)],1)
        return self.scores.frame(x, codes)

def mlp(i,h,o):
    return nn.Sequential(nn.Linear(i,h),nn.SiLU(),nn.Linear(h,h),nn.SiLU(),nn.Linear(h,o))

class Net(nn.Module):
    def __init__(self, N, sizes, latent, hidden, hetero):
        super().__init__()
        self.N,self.sizes,self.latent,self.hetero=N,sizes,latent,hetero
        self.enc=mlp(N+sum(sizes),hidden,2*latent)
        self.dec=mlp(latent,hidden,(2*N if hetero else N)+sum(sizes))
        self.ls=nn.Parameter(torch.zeros(N)-1)
    def encode(self,x):
        mu,ls=self.enc(x).chunk(2,1); return mu, ls.clamp(-6,3)
    def split(self,o):
        N=self.N
        mu=o[...,:N]
        if self.hetero: ls=o[...,N:2*N].clamp(-5,2); r=o[...,2*N:]
        else: ls=self.ls.clamp(-5,2).expand_as(mu); r=o[...,N:]
        return mu,ls,r.split(self.sizes,-1)
    def loglik(self,x,z):
        mu,ls,lg=self.split(self.dec(z))
        ll=(-0.5*((x[...,:self.N]-mu)/torch.exp(ls))**2-ls-0.919).sum(-1)
        at=self.N
        for l,s in zip(lg,self.sizes):
            ll=ll+(x[...,at:at+s]*torch.log_softmax(l,-1)).sum(-1); at+=s
        return ll
    def loss(self,x,w,k):
        mu,ls=self.encode(x)
        if k==1:
            z=mu+torch.exp(ls)*torch.randn_like(mu)
            kl=0.5*(mu**2+torch.exp(2*ls)-1-2*ls).sum(-1)
            return (w*kl-self.loglik(x,z)).mean()
        e=torch.randn(k,*mu.shape); z=mu+torch.exp(ls)*e
        lw=self.loglik(x.expand(k,*x.shape),z)+w*((-0.5*z**2).sum(-1)+(0.5*e**2+ls).sum(-1))
        return -(torch.logsumexp(lw,0)-np.log(k)).mean()
    def draw(self,z):
        mu,ls,lg=self.split(self.dec(z))
        x=mu+torch.exp(ls)*torch.randn_like(mu)
        codes=[torch.distributions.Categorical(logits=l).sample() for l in lg]
        return x.double().numpy(), torch.stack(codes,1).numpy() if codes else np.zeros((len(z),0),int)
