import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * A real HDFS of one name node and one data node on loopback, filled. Prints `ready <web port>`; writes a file anew for each
 * `t` on standard input, and ends when that does. Contents: byte i of a file of n bytes is (31 i + n) mod 256.
 */
public class MiniHdfs {
  private static void put(FileSystem files, String path, int bytes) throws Exception {
    byte[] content = new byte[bytes];
    for (int at = 0; at < bytes; at++) content[at] = (byte) (at * 31 + bytes);
    try (FSDataOutputStream out = files.create(new org.apache.hadoop.fs.Path(path))) {
      out.write(content);
    }
  }

  public static void main(String[] args) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, Path.of(args[0]).toAbsolutePath().toString());
    // Small, so that a file has several blocks, and a folder several pages.
    configuration.setLong("dfs.blocksize", 1 << 20);
    configuration.setInt("dfs.ls.limit", 3);
    MiniDFSCluster cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    FileSystem files = cluster.getFileSystem();
    put(files, "/models/llm/config.json", 700);
    put(files, "/models/llm/weights, part 1 of 2 %.bin", 3_300_000);
    put(files, "/models/llm/empty", 0);
    for (int at = 0; at < 7; at++) put(files, "/models/llm/shards/" + at + "/s.bin", 2_000 + at);
    files.mkdirs(new org.apache.hadoop.fs.Path("/models/nothing"));
    put(files, "/private/x", 5);
    files.setPermission(new org.apache.hadoop.fs.Path("/private"), new FsPermission("700"));
    System.out.println("\nready " + cluster.getNameNode().getHttpAddress().getPort());
    System.out.flush();
    for (int key = System.in.read(); key >= 0; key = System.in.read()) {
      if (key != 't') continue;
      put(files, "/models/llm/config.json", 700);
      System.out.println("\nwritten");
      System.out.flush();
    }
    cluster.shutdown(true);
    System.exit(0);
  }
}
