// The class library needs the metadata polyfill before its own first line runs, so everybody comes through here.
import 'reflect-metadata';

export * from '@peculiar/x509';
