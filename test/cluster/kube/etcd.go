package main

import (
	"context"
	"errors"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
)

const etcdStartTimeout = 2 * time.Minute

func newEtcdCommand() *cobra.Command {
	return &cobra.Command{
		Use:  "etcd DIRECTORY",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, arguments []string) error { return serveEtcd(arguments[0]) },
	}
}

// serveEtcd keeps its data in the directory and answers on 127.0.0.1:2379 until it is asked to stop.
// The cluster is thrown away after a test run, so nothing is gained by waiting for the disk.
func serveEtcd(directory string) error {
	config := embed.NewConfig()
	config.Dir = directory
	config.LogLevel = "warn"
	config.UnsafeNoFsync = true
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer etcd.Close()
	stopped, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	select {
	case <-etcd.Server.ReadyNotify():
	case <-stopped.Done():
		return nil
	case <-time.After(etcdStartTimeout):
		return errors.New("etcd did not become ready")
	}
	<-stopped.Done()
	return nil
}
